"""Test the page for people in headless Chromium, by keyboard alone.

tests/integration/test_page.py - v0.1.0
"""

import pytest
from playwright.sync_api import Error, expect, sync_playwright

from seedbed.api.app import create_app
from seedbed.api.ner_desk import NerDesk
from seedbed.api.tokens import mint
from seedbed.missing import MissingError
from seedbed.settings import load_settings
from seedbed.stores.point import Hit
from tests.api_server import served
from tests.system_parts import program
from tests.unit.api.capitals import Capitals
from tests.unit.api.test_experiments import Shelf, record

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCOPES = ["ner", "search", "experiments:read"]
NASTY = "<img src=x onerror=alert(1)> 🙂 Oslo & Paris"
CONTRAST = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (rgb) => {
        const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const [r, g, b, a = 1] = parse(getComputedStyle(each).backgroundColor);
            if (a > 0) return [r, g, b];
        }
        return [255, 255, 255];
    };
    const faults = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!(own || "value" in element) || !element.checkVisibility()) continue;
        const pair = [light(parse(getComputedStyle(element).color).slice(0, 3)), light(behind(element))];
        pair.sort((a, b) => a - b);
        const ratio = (pair[1] + 0.05) / (pair[0] + 0.05);
        if (ratio < 4.5) faults.push([element.outerHTML.slice(0, 80), ratio]);
    }
    return faults;
}"""
OUTLINED = "() => getComputedStyle(document.activeElement).outlineStyle !== 'none' && document.activeElement.id"


class Desk:
    """Finds two chunks, one of them with markup in it."""

    async def search(self, index, query, k, document_id):
        if query == "nowhere":
            raise MissingError("there is no index; make one. Next: seedbed index")
        chunks = [("a title", "plain text"), ("", NASTY)]
        return "corpus", [
            Hit(str(n), 0.9 - n / 10, {"document_id": f"d{n}", "title": title, "text": text, "start": 0, "end": 1})
            for n, (title, text) in enumerate(chunks)
        ]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    app = create_app(load_settings({"SEEDBED_HOME": str(folder)}, folder, {"api.key": "k" * 32}))
    services = app.state.services
    services.__dict__["_archive"] = Shelf([record(number) for number in range(1, 4)])
    services.desk = Desk()
    services.ner = NerDesk(Capitals(), services.ner._lane, services.metrics)
    return app


@pytest.fixture(scope="module")
def url(app):
    with served(app) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    path = program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def token(app):
    return mint(app.state.services.settings, "ada", SCOPES, 600)


@pytest.fixture
def page(browser, url):
    context = browser.new_context()
    page = context.new_page()
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    yield page
    context.close()
    assert {address for address in asked if not address.startswith((url, "data:"))} == set()
    # answers that are no 200, and what a test tries on purpose
    expected = ("Failed to load resource", "'TrustedHTML'")
    assert [fault for fault in faults if not any(words in fault for words in expected)] == []


def test_a_text_is_marked_exactly_and_nothing_of_it_is_run(page, url, token):
    page.goto(f"{url}/#token={token}")
    page.fill("#text", NASTY)
    page.press("#text", "Control+Enter")
    expect(page.locator("#entities-said")).to_contain_text("found by capitals 1.2.3, trained by run aaaaaaaa")
    assert page.locator("mark").evaluate_all("all => all.map(m => m.firstChild.textContent)") == ["Oslo", "Paris"]
    shown = page.locator("#marked").evaluate(
        "m => { m.querySelectorAll('small').forEach(s => s.remove()); return m.textContent }"
    )
    assert shown == NASTY
    assert page.locator("#marked img").count() == 0


def test_the_token_leaves_the_address_and_is_kept_for_the_tab_alone(page, url, token):
    page.goto(f"{url}/#token={token}")
    assert page.url == f"{url}/"
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]
    page.click("#forget")
    assert page.evaluate("sessionStorage.length") == 0


def test_everything_can_be_done_by_keyboard(page, url, token):
    page.goto(url)
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(OUTLINED))
    assert False not in reached, "what has the focus is not seen"
    assert [name for name in reached if name] == ["token", "text", "query"]
    page.focus("#token")
    page.keyboard.insert_text(token)
    page.keyboard.press("Enter")
    expect(page.locator("#runs-list li")).to_have_count(3)
    page.focus("#query")
    page.keyboard.insert_text("a sleeping animal")
    page.keyboard.press("Enter")
    expect(page.locator("#hits li")).to_have_count(2)
    assert NASTY in page.locator("#hits").inner_text()
    run = page.locator("#runs-list button").first
    run.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#runs-list svg")).to_have_count(2)
    assert run.get_attribute("aria-expanded") == "true"
    words = page.locator("#runs-list svg").last.get_attribute("aria-label")
    assert words == "heads: 0.1667 to 0.0003334, lowest 0.0003334, highest 0.1667, steps 6 to 2999"
    page.keyboard.press("Enter")
    expect(page.locator("#runs-list svg").first).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(page, url, token, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{url}/#token={token}")
    page.click("#entities button")
    expect(page.locator("mark").first).to_be_visible()
    page.fill("#query", "nowhere")
    page.click("#search button")
    expect(page.locator("#search-said.fault")).to_contain_text("Next: seedbed index")
    page.locator("#runs-list button").first.click()
    expect(page.locator("#runs-list svg").first).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_who_has_no_token_or_a_wrong_one_is_told(page, url):
    page.goto(url)
    page.click("#entities button")
    expect(page.locator("#entities-said")).to_have_text("a token is needed first")
    page.fill("#token", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#runs-said.fault")).to_contain_text("the token is not valid")
    assert page.evaluate("document.activeElement.id") == "token"


def test_no_script_that_somebody_puts_in_is_run(page, url):
    page.goto(url)
    with pytest.raises(Error, match="Trusted"):
        page.evaluate("document.body.innerHTML = '<p>'")
    framed = page.evaluate("fetch('/').then(a => a.headers.get('content-security-policy'))")
    assert "frame-ancestors 'none'" in framed
    assert "unsafe" not in framed
