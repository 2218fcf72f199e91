"""Test that what is shown as HTML cannot do anything.

tests/unit/ner/test_displacy.py - v0.1.0
"""

from html.parser import HTMLParser

from seedbed.ner.adapters.displacy import entities_html
from seedbed.ner.entity import Entity

NASTY = "<script>alert(1)</script> & {bg} \"><img src=x onerror='x'>\n<b>Oslo</b>"


class Reader(HTMLParser):
    """Collects tags and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def test_text_and_labels_are_escaped():
    start = NASTY.index("Oslo")
    reader = Reader()
    reader.feed(
        entities_html(NASTY, [Entity("<script>", "<i onload=x>", 0, 8, 0), Entity("Oslo", "GPE", start, start + 4, 0)])
    )
    assert reader.tags == {"div", "mark", "span", "br"}
    assert reader.attributes == {"class", "style"}
    assert "<i onload=x>" in reader.text
    assert "alert(1)</script> & {bg} \"><img src=x onerror='x'>" in reader.text
