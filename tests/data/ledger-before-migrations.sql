-- A ledger that a Seedbed from before the migrations made: four points of three documents.
-- tests/data/ledger-before-migrations.sql
CREATE TABLE aliases (
	alias VARCHAR NOT NULL,
	collection VARCHAR NOT NULL,
	previous VARCHAR,
	sequence INTEGER NOT NULL,
	PRIMARY KEY (alias)
);
INSERT INTO "aliases" VALUES('test','test--a8713c82',NULL,2);
CREATE TABLE collections (
	name VARCHAR NOT NULL,
	alias VARCHAR NOT NULL,
	encoder VARCHAR NOT NULL,
	config VARCHAR NOT NULL,
	data_digest VARCHAR NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "collections" VALUES('test--a8713c82','test','5095e84d99a5ed6e5c1c8855ccfd85ea','{"chunker": "lines 1", "embedding": {"backend": "auto", "batch_size": 32, "batch_tokens": 1024, "document_prompt": "", "max_tokens": null, "model": "all-MiniLM-L6-v2", "num_threads": null, "precision": "fp32", "query_prompt": "", "revision": null}, "fingerprint": {"backend": "test", "dimension": 16, "max_tokens": 8, "model": "hash", "model_digest": "hash", "normalized": true, "pooling": "none", "precision": "fp32"}, "store": "chroma embedded"}','f86c8e76c6f3be24c5042e66ace0d80b');
CREATE TABLE points (
	collection VARCHAR NOT NULL,
	point_id VARCHAR NOT NULL,
	document_id VARCHAR NOT NULL,
	content_digest VARCHAR NOT NULL,
	vector_key VARCHAR NOT NULL,
	stored BOOLEAN NOT NULL,
	PRIMARY KEY (collection, point_id)
)
 WITHOUT ROWID
;
INSERT INTO "points" VALUES('test--a8713c82','1b7af9c8-8a0d-513c-8fa7-5792f648a888','b','37dca3d72bb2a8783fcb3c0725a05042','a6d7ff96db0bac2f760c947c9c4ee01f',1);
INSERT INTO "points" VALUES('test--a8713c82','1f30db49-0105-52f9-973e-e3c5cd99f7b5','b','77fc431d594ae6da54c11f4e150cd662','74bfbad80412b9dce51d68ffbe127b2f',1);
INSERT INTO "points" VALUES('test--a8713c82','732d7930-26ba-5587-b86a-ae68bf3e7f10','c','c2b7851be4503f09c4c18a9aebb96093','b12028c9f26d9c73460a268e7544b6ca',1);
INSERT INTO "points" VALUES('test--a8713c82','80436fe8-a983-5ca2-8de2-cbe589c01aad','a','af2068a469c5a2b4161802bd96423077','a8bfc27631e6c4f021959951ba8e166f',1);
CREATE TABLE rates (
	encoder VARCHAR NOT NULL,
	characters_per_s FLOAT NOT NULL,
	PRIMARY KEY (encoder)
);
INSERT INTO "rates" VALUES('enc',2.5);
CREATE TABLE vectors (
	vector_key VARCHAR NOT NULL,
	file VARCHAR NOT NULL,
	"row" INTEGER NOT NULL,
	truncated BOOLEAN NOT NULL,
	PRIMARY KEY (vector_key)
)
 WITHOUT ROWID
;
INSERT INTO "vectors" VALUES('74bfbad80412b9dce51d68ffbe127b2f','935a0ea0b5bbbee89f34430c9785b274/737632f8f31b764faa8d101ca4a73ed4.parquet',1,0);
INSERT INTO "vectors" VALUES('a6d7ff96db0bac2f760c947c9c4ee01f','935a0ea0b5bbbee89f34430c9785b274/737632f8f31b764faa8d101ca4a73ed4.parquet',2,0);
INSERT INTO "vectors" VALUES('a8bfc27631e6c4f021959951ba8e166f','935a0ea0b5bbbee89f34430c9785b274/737632f8f31b764faa8d101ca4a73ed4.parquet',0,0);
INSERT INTO "vectors" VALUES('b12028c9f26d9c73460a268e7544b6ca','935a0ea0b5bbbee89f34430c9785b274/10d80787abe73baf6f0445629d8f929b.parquet',0,1);
CREATE INDEX points_by_document ON points (collection, document_id);
PRAGMA user_version = 1;
