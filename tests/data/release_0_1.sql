-- The database of release 0.1.0, killed while runs were queued, waiting, answered and paused.
BEGIN TRANSACTION;
CREATE TABLE accounts (
	id TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	service TEXT NOT NULL, 
	name TEXT NOT NULL, 
	profile JSON NOT NULL, 
	sealed BLOB NOT NULL, 
	expires_at FLOAT, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_owner_id_service_name UNIQUE (owner_id, service, name)
);
INSERT INTO "accounts" VALUES('b706d12a046046cfa3f5810557350b8e','4f58d0c463324f3982eef0c3c92da315','test:echo','keys','{"rooms": ["hall", "cellar", "attic", "loft"]}',X'6741414141414272435F714441536D2D6D413464366A794D4446765979766E696E685A39544C6E56315A50783465704367344D6831587867453646646C3250784A70554754434D7672554C4F41385770737945623644486D55742D7042493277597874624B4E32735563454F5979504E7830352D6F5F463634626739534A5F37723447464E4B755241344479327136357556355738735579547239636B645A6D70766D72572D4E354A6A31333836446B554334396D3172746739534B4455557A50536D3551344D585969736C',NULL,'reconnect','Token refused. It has expired. Connect again.',1.79594713964726710323e+09);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE answers (
	connector TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	CONSTRAINT pk_answers PRIMARY KEY (connector, "key", seq)
);
INSERT INTO "answers" VALUES('test:echo','answer:q2',7);
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
CREATE TABLE configuration (
	connector TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	CONSTRAINT pk_configuration PRIMARY KEY (connector, "key")
);
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE events (
	seq INTEGER NOT NULL, 
	connector TEXT NOT NULL, 
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	routes TEXT NOT NULL, 
	order_key TEXT NOT NULL, 
	answers TEXT NOT NULL, 
	received_at FLOAT NOT NULL, 
	state TEXT NOT NULL, 
	duplicates INTEGER NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (seq), 
	CONSTRAINT uq_events_connector_id_digest UNIQUE (connector, id, digest)
);
INSERT INTO "events" VALUES(1,'test:echo','hall-q1','heard','{"text": "q1", "items": [], "ratio": null}',X'EED0B87FAC9F3824D136D82CC4F0E8BA','["room:hall"]','','[]',1.79594713985339713094e+09,'routed',0);
INSERT INTO "events" VALUES(2,'test:echo','hall-q2','heard','{"text": "q2", "items": [], "ratio": null}',X'411923CFFE036277EB6257DD009E0848','["room:hall"]','','[]',1.79594713985382938383e+09,'routed',0);
INSERT INTO "events" VALUES(3,'test:echo','loft-done','heard','{"text": "done", "items": [], "ratio": null}',X'1AE2F2B690E45AD33E90EB4333A81F17','["room:loft"]','','[]',1.79594713985422301297e+09,'routed',0);
INSERT INTO "events" VALUES(4,'test:echo','cellar-s1','heard','{"text": "s1", "items": [], "ratio": null}',X'2EF092CA05F4479BC626A6EE95D34FA7','["room:cellar"]','one','[]',1.79594713985454225543e+09,'routed',0);
INSERT INTO "events" VALUES(5,'test:echo','cellar-s2','heard','{"text": "s2", "items": [], "ratio": null}',X'7CA701B5337480FB3F6EAC816FD06B95','["room:cellar"]','one','[]',1.79594713985494732855e+09,'routed',0);
INSERT INTO "events" VALUES(6,'test:echo','attic-p','heard','{"text": "p", "items": [], "ratio": null}',X'6B398586678A93B4971F78472143944D','["room:attic"]','','[]',1.79594714285684847829e+09,'routed',0);
INSERT INTO "events" VALUES(7,'test:echo','elsewhere-42','heard','{"text": "42", "items": [], "ratio": null}',X'E862E8352A42850C004B14E986F29B16','["room:elsewhere"]','','["answer:q2"]',1.79594714486020183563e+09,'routed',0);
CREATE TABLE files (
	id TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	sha256 TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	CONSTRAINT pk_files PRIMARY KEY (id)
);
CREATE TABLE flow_versions (
	flow_key TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	document JSON NOT NULL, 
	created_at FLOAT NOT NULL, 
	CONSTRAINT pk_flow_versions PRIMARY KEY (flow_key, version)
);
INSERT INTO "flow_versions" VALUES('11f9d96697a2420a95acece0969c2793',1,'{"name": "waits", "components": {"in1": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "hall"}}, "say1": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"in1": ["heard"]}}, "input": {"text": "{{ in1.heard.text }}", "then": "wait"}}, "say2": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"say1": ["said"]}}, "input": {"text": "after {{ say1.said.text }}"}}}}',1.79594713982955288883e+09);
INSERT INTO "flow_versions" VALUES('2a2b55f569174adda6a0a9a66b6bbf08',1,'{"name": "queued", "components": {"in1": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "cellar"}}, "say1": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"in1": ["heard"]}}, "input": {"text": "{{ in1.heard.text }}", "then": "nothing"}}, "say2": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"say1": ["said"]}}, "input": {"text": "after {{ say1.said.text }}"}}}}',1.79594713983975172045e+09);
INSERT INTO "flow_versions" VALUES('98b048a69ab84741b07d620aabe30482',1,'{"name": "pauses", "components": {"in1": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "attic"}}, "say1": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"in1": ["heard"]}}, "input": {"text": "x", "then": "reconnect"}}, "say2": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"say1": ["said"]}}, "input": {"text": "after {{ say1.said.text }}"}}}}',1.79594713984427642818e+09);
INSERT INTO "flow_versions" VALUES('acda044ce6fa4d4f99d29bd55147beb2',1,'{"name": "done", "components": {"in1": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "loft"}}, "say1": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"in1": ["heard"]}}, "input": {"text": "{{ in1.heard.text }}", "then": "say"}}, "say2": {"type": "test.echo.Say", "account": "keys", "source": {"in": {"say1": ["said"]}}, "input": {"text": "after {{ say1.said.text }}"}}}}',1.79594713984905910491e+09);
CREATE TABLE flows (
	owner_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	running_version INTEGER, 
	created_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	CONSTRAINT pk_flows PRIMARY KEY (owner_id, id), 
	CONSTRAINT uq_flows_key UNIQUE ("key")
);
INSERT INTO "flows" VALUES('4f58d0c463324f3982eef0c3c92da315','waits','11f9d96697a2420a95acece0969c2793','waits',1,'running','',1,1.79594713982955288883e+09,1.79594713983748555186e+09);
INSERT INTO "flows" VALUES('4f58d0c463324f3982eef0c3c92da315','queued','2a2b55f569174adda6a0a9a66b6bbf08','queued',1,'running','',1,1.79594713983975172045e+09,1.79594713984266257287e+09);
INSERT INTO "flows" VALUES('4f58d0c463324f3982eef0c3c92da315','pauses','98b048a69ab84741b07d620aabe30482','pauses',1,'running','',1,1.79594713984427642818e+09,1.79594713984709548944e+09);
INSERT INTO "flows" VALUES('4f58d0c463324f3982eef0c3c92da315','done','acda044ce6fa4d4f99d29bd55147beb2','done',1,'running','',1,1.79594713984905910491e+09,1.7959471398523693085e+09);
CREATE TABLE inbox (
	seq INTEGER NOT NULL, 
	connector TEXT NOT NULL, 
	content BLOB NOT NULL, 
	received_at FLOAT NOT NULL, 
	CONSTRAINT pk_inbox PRIMARY KEY (seq)
);
CREATE TABLE listeners (
	id TEXT NOT NULL, 
	connector TEXT NOT NULL, 
	route TEXT NOT NULL, 
	params JSON NOT NULL, 
	owner_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	flow_key TEXT NOT NULL, 
	component TEXT NOT NULL, 
	CONSTRAINT pk_listeners PRIMARY KEY (id), 
	CONSTRAINT uq_listeners_flow_key_component_route UNIQUE (flow_key, component, route)
);
INSERT INTO "listeners" VALUES('11f9d96697a2420a95acece0969c2793:in1:room:hall','test:echo','room:hall','{}','4f58d0c463324f3982eef0c3c92da315','b706d12a046046cfa3f5810557350b8e','11f9d96697a2420a95acece0969c2793','in1');
INSERT INTO "listeners" VALUES('2a2b55f569174adda6a0a9a66b6bbf08:in1:room:cellar','test:echo','room:cellar','{}','4f58d0c463324f3982eef0c3c92da315','b706d12a046046cfa3f5810557350b8e','2a2b55f569174adda6a0a9a66b6bbf08','in1');
INSERT INTO "listeners" VALUES('98b048a69ab84741b07d620aabe30482:in1:room:attic','test:echo','room:attic','{}','4f58d0c463324f3982eef0c3c92da315','b706d12a046046cfa3f5810557350b8e','98b048a69ab84741b07d620aabe30482','in1');
INSERT INTO "listeners" VALUES('acda044ce6fa4d4f99d29bd55147beb2:in1:room:loft','test:echo','room:loft','{}','4f58d0c463324f3982eef0c3c92da315','b706d12a046046cfa3f5810557350b8e','acda044ce6fa4d4f99d29bd55147beb2','in1');
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
INSERT INTO "operation_outputs" VALUES('08b0ef9a2a375cc959432a4566903952',1,'say1','gASVmQAAAAAAAAB9lCiMBXN0YXRllIwHd2FpdGluZ5SMBnZhbHVlc5RdlIwFZXJyb3KUTowHZGVsYXlfc5RHQbLMAwAAAACMCHdhaXRfa2V5lIwJYW5zd2VyOnEylIwKd2FpdF9zdGF0ZZR9lIwEdGV4dJSMAnEylHOMC3dhaXRfcmVhc29ulIwJYW4gYW5zd2VylIwKYWNjb3VudF9pZJROdS4=',NULL,NULL,1795947139943,1795947139948,'py_pickle','appmixer',1795947139000);
INSERT INTO "operation_outputs" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6',1,'say1','gASVwgAAAAAAAAB9lCiMBXN0YXRllIwJY29tcGxldGVklIwGdmFsdWVzlF2UjARzYWlklH2UKIwEdGV4dJSMBGRvbmWUjARzdGVwlIwiZGIzNmNjZGY1ZjVmYmY5MmJkNmI0NTc1NzU5ZGI0ZDYuMJR1hpRhjAVlcnJvcpROjAdkZWxheV9zlEcAAAAAAAAAAIwId2FpdF9rZXmUTowKd2FpdF9zdGF0ZZR9lIwLd2FpdF9yZWFzb26UjACUjAphY2NvdW50X2lklE51Lg==',NULL,NULL,1795947139955,1795947139962,'py_pickle','appmixer',1795947139000);
INSERT INTO "operation_outputs" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6',2,'say2','gASVygAAAAAAAAB9lCiMBXN0YXRllIwJY29tcGxldGVklIwGdmFsdWVzlF2UjARzYWlklH2UKIwEdGV4dJSMCmFmdGVyIGRvbmWUjARzdGVwlIwkZGIzNmNjZGY1ZjVmYmY5MmJkNmI0NTc1NzU5ZGI0ZDYuMC4wlHWGlGGMBWVycm9ylE6MB2RlbGF5X3OURwAAAAAAAAAAjAh3YWl0X2tleZROjAp3YWl0X3N0YXRllH2UjAt3YWl0X3JlYXNvbpSMAJSMCmFjY291bnRfaWSUTnUu',NULL,NULL,1795947139965,1795947139967,'py_pickle','appmixer',1795947139000);
INSERT INTO "operation_outputs" VALUES('6e519e0a790075ccad7d28c325905903',1,'say1','gASVmQAAAAAAAAB9lCiMBXN0YXRllIwHd2FpdGluZ5SMBnZhbHVlc5RdlIwFZXJyb3KUTowHZGVsYXlfc5RHQbLMAwAAAACMCHdhaXRfa2V5lIwJYW5zd2VyOnExlIwKd2FpdF9zdGF0ZZR9lIwEdGV4dJSMAnExlHOMC3dhaXRfcmVhc29ulIwJYW4gYW5zd2VylIwKYWNjb3VudF9pZJROdS4=',NULL,NULL,1795947139952,1795947139960,'py_pickle','appmixer',1795947139000);
INSERT INTO "operation_outputs" VALUES('cf31ecd48b29d646d2d3a4ce855320ec',1,'say1','gASVAQEAAAAAAAB9lCiMBXN0YXRllIwGcGF1c2VklIwGdmFsdWVzlCmMBWVycm9ylH2UKIwEa2luZJSMEkF1dGhvcml6YXRpb25FcnJvcpSMBXRpdGxllIwNVG9rZW4gcmVmdXNlZJSMBWNhdXNllIwPSXQgaGFzIGV4cGlyZWQulIwEY3VyZZSMDkNvbm5lY3QgYWdhaW4ulHWMB2RlbGF5X3OURwAAAAAAAAAAjAh3YWl0X2tleZROjAp3YWl0X3N0YXRllH2UjAt3YWl0X3JlYXNvbpSMAJSMCmFjY291bnRfaWSUjCBiNzA2ZDEyYTA0NjA0NmNmYTNmNTgxMDU1NzM1MGI4ZZR1Lg==',NULL,NULL,1795947142933,1795947142936,'py_pickle','appmixer',1795947142000);
CREATE TABLE owners (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	CONSTRAINT pk_owners PRIMARY KEY (id), 
	CONSTRAINT uq_owners_name UNIQUE (name)
);
INSERT INTO "owners" VALUES('4f58d0c463324f3982eef0c3c92da315','main',1.79594713955130338665e+09);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
CREATE TABLE runs (
	id TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	flow_key TEXT NOT NULL, 
	flow_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	"trigger" TEXT NOT NULL, 
	event_seq BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	error JSON, 
	started_at FLOAT NOT NULL, 
	ended_at FLOAT, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('6e519e0a790075ccad7d28c325905903','4f58d0c463324f3982eef0c3c92da315','11f9d96697a2420a95acece0969c2793','waits',1,'in1',1,'waiting','null',1.79594713987694430353e+09,NULL);
INSERT INTO "runs" VALUES('08b0ef9a2a375cc959432a4566903952','4f58d0c463324f3982eef0c3c92da315','11f9d96697a2420a95acece0969c2793','waits',1,'in1',2,'waiting','null',1.79594713987694430353e+09,NULL);
INSERT INTO "runs" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6','4f58d0c463324f3982eef0c3c92da315','acda044ce6fa4d4f99d29bd55147beb2','done',1,'in1',3,'completed','null',1.79594713987694430353e+09,1.79594713996987271308e+09);
INSERT INTO "runs" VALUES('a3bc7dbe59c3ce8842e57e72493eba10','4f58d0c463324f3982eef0c3c92da315','2a2b55f569174adda6a0a9a66b6bbf08','queued',1,'in1',4,'running','null',1.79594713987694430353e+09,NULL);
INSERT INTO "runs" VALUES('f2519ec2b90774a58c94a32461d05dc3','4f58d0c463324f3982eef0c3c92da315','2a2b55f569174adda6a0a9a66b6bbf08','queued',1,'in1',5,'running','null',1.79594713987694430353e+09,NULL);
INSERT INTO "runs" VALUES('cf31ecd48b29d646d2d3a4ce855320ec','4f58d0c463324f3982eef0c3c92da315','98b048a69ab84741b07d620aabe30482','pauses',1,'in1',6,'paused','{"kind": "AuthorizationError", "title": "Token refused", "cause": "It has expired.", "cure": "Connect again."}',1.79594714287212085723e+09,NULL);
CREATE TABLE segments (
	id TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	connector TEXT NOT NULL, 
	order_key TEXT NOT NULL, 
	state TEXT NOT NULL, 
	work JSON NOT NULL, 
	"key" TEXT, 
	after_seq BIGINT NOT NULL, 
	account_id TEXT, 
	expires_at FLOAT, 
	CONSTRAINT pk_segments PRIMARY KEY (id)
);
INSERT INTO "segments" VALUES('6e519e0a790075ccad7d28c325905903','6e519e0a790075ccad7d28c325905903','4f58d0c463324f3982eef0c3c92da315','test:echo','6e519e0a790075ccad7d28c325905903','done','{"flowKey": "11f9d96697a2420a95acece0969c2793", "flowId": "waits", "version": 1, "from": {"component": "in1", "port": "heard", "value": {"text": "q1", "who": null, "items": [], "ratio": null}}, "eventSeq": 1}',NULL,1,NULL,NULL);
INSERT INTO "segments" VALUES('08b0ef9a2a375cc959432a4566903952','08b0ef9a2a375cc959432a4566903952','4f58d0c463324f3982eef0c3c92da315','test:echo','08b0ef9a2a375cc959432a4566903952','done','{"flowKey": "11f9d96697a2420a95acece0969c2793", "flowId": "waits", "version": 1, "from": {"component": "in1", "port": "heard", "value": {"text": "q2", "who": null, "items": [], "ratio": null}}, "eventSeq": 2}',NULL,2,NULL,NULL);
INSERT INTO "segments" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6','db36ccdf5f5fbf92bd6b4575759db4d6','4f58d0c463324f3982eef0c3c92da315','test:echo','db36ccdf5f5fbf92bd6b4575759db4d6','done','{"flowKey": "acda044ce6fa4d4f99d29bd55147beb2", "flowId": "done", "version": 1, "from": {"component": "in1", "port": "heard", "value": {"text": "done", "who": null, "items": [], "ratio": null}}, "eventSeq": 3}',NULL,3,NULL,NULL);
INSERT INTO "segments" VALUES('a3bc7dbe59c3ce8842e57e72493eba10','a3bc7dbe59c3ce8842e57e72493eba10','4f58d0c463324f3982eef0c3c92da315','test:echo','2a2b55f569174adda6a0a9a66b6bbf08:one','queued','{"flowKey": "2a2b55f569174adda6a0a9a66b6bbf08", "flowId": "queued", "version": 1, "from": {"component": "in1", "port": "heard", "value": {"text": "s1", "who": null, "items": [], "ratio": null}}, "eventSeq": 4}',NULL,4,NULL,NULL);
INSERT INTO "segments" VALUES('f2519ec2b90774a58c94a32461d05dc3','f2519ec2b90774a58c94a32461d05dc3','4f58d0c463324f3982eef0c3c92da315','test:echo','2a2b55f569174adda6a0a9a66b6bbf08:one','queued','{"flowKey": "2a2b55f569174adda6a0a9a66b6bbf08", "flowId": "queued", "version": 1, "from": {"component": "in1", "port": "heard", "value": {"text": "s2", "who": null, "items": [], "ratio": null}}, "eventSeq": 5}',NULL,5,NULL,NULL);
INSERT INTO "segments" VALUES('08b0ef9a2a375cc959432a4566903952/0','08b0ef9a2a375cc959432a4566903952','4f58d0c463324f3982eef0c3c92da315','test:echo','08b0ef9a2a375cc959432a4566903952','queued','{"flowKey": "11f9d96697a2420a95acece0969c2793", "flowId": "waits", "version": 1, "eventSeq": 2, "delivery": {"stepId": "08b0ef9a2a375cc959432a4566903952.0", "component": "say1", "scope": {"in1": {"heard": {"text": "q2", "who": null, "items": [], "ratio": null}}}, "attempt": 1, "afterSeq": 2, "resumes": {"state": {"text": "q2"}}, "reason": "an answer"}}','answer:q2',2,NULL,2.11130713995371651638e+09);
INSERT INTO "segments" VALUES('6e519e0a790075ccad7d28c325905903/0','6e519e0a790075ccad7d28c325905903','4f58d0c463324f3982eef0c3c92da315','test:echo','6e519e0a790075ccad7d28c325905903','waiting','{"flowKey": "11f9d96697a2420a95acece0969c2793", "flowId": "waits", "version": 1, "eventSeq": 1, "delivery": {"stepId": "6e519e0a790075ccad7d28c325905903.0", "component": "say1", "scope": {"in1": {"heard": {"text": "q1", "who": null, "items": [], "ratio": null}}}, "attempt": 1, "afterSeq": 1, "resumes": {"state": {"text": "q1"}}, "reason": "an answer"}}','answer:q1',1,NULL,2.11130713998318052292e+09);
INSERT INTO "segments" VALUES('cf31ecd48b29d646d2d3a4ce855320ec','cf31ecd48b29d646d2d3a4ce855320ec','4f58d0c463324f3982eef0c3c92da315','test:echo','cf31ecd48b29d646d2d3a4ce855320ec','done','{"flowKey": "98b048a69ab84741b07d620aabe30482", "flowId": "pauses", "version": 1, "from": {"component": "in1", "port": "heard", "value": {"text": "p", "who": null, "items": [], "ratio": null}}, "eventSeq": 6}',NULL,6,NULL,NULL);
INSERT INTO "segments" VALUES('cf31ecd48b29d646d2d3a4ce855320ec/0','cf31ecd48b29d646d2d3a4ce855320ec','4f58d0c463324f3982eef0c3c92da315','test:echo','cf31ecd48b29d646d2d3a4ce855320ec','paused','{"flowKey": "98b048a69ab84741b07d620aabe30482", "flowId": "pauses", "version": 1, "eventSeq": 6, "delivery": {"stepId": "cf31ecd48b29d646d2d3a4ce855320ec.0", "component": "say1", "scope": {"in1": {"heard": {"text": "p", "who": null, "items": [], "ratio": null}}}, "attempt": 1, "afterSeq": 6, "resumes": null, "reason": ""}}',NULL,6,'b706d12a046046cfa3f5810557350b8e',NULL);
CREATE TABLE steps (
	id TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	component TEXT NOT NULL, 
	type TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	input JSON, 
	output JSON, 
	error JSON, 
	started_at FLOAT NOT NULL, 
	duration_s FLOAT NOT NULL, 
	CONSTRAINT pk_steps PRIMARY KEY (id)
);
INSERT INTO "steps" VALUES('6e519e0a790075ccad7d28c325905903','6e519e0a790075ccad7d28c325905903',0,'in1','test.echo.Heard','completed',1,'null','{"heard": [{"text": "q1", "who": null, "items": [], "ratio": null}]}','null',1.79594713987694430353e+09,0.0);
INSERT INTO "steps" VALUES('08b0ef9a2a375cc959432a4566903952','08b0ef9a2a375cc959432a4566903952',0,'in1','test.echo.Heard','completed',1,'null','{"heard": [{"text": "q2", "who": null, "items": [], "ratio": null}]}','null',1.79594713987694430353e+09,0.0);
INSERT INTO "steps" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6','db36ccdf5f5fbf92bd6b4575759db4d6',0,'in1','test.echo.Heard','completed',1,'null','{"heard": [{"text": "done", "who": null, "items": [], "ratio": null}]}','null',1.79594713987694430353e+09,0.0);
INSERT INTO "steps" VALUES('a3bc7dbe59c3ce8842e57e72493eba10','a3bc7dbe59c3ce8842e57e72493eba10',0,'in1','test.echo.Heard','completed',1,'null','{"heard": [{"text": "s1", "who": null, "items": [], "ratio": null}]}','null',1.79594713987694430353e+09,0.0);
INSERT INTO "steps" VALUES('f2519ec2b90774a58c94a32461d05dc3','f2519ec2b90774a58c94a32461d05dc3',0,'in1','test.echo.Heard','completed',1,'null','{"heard": [{"text": "s2", "who": null, "items": [], "ratio": null}]}','null',1.79594713987694430353e+09,0.0);
INSERT INTO "steps" VALUES('08b0ef9a2a375cc959432a4566903952.0','08b0ef9a2a375cc959432a4566903952',1,'say1','test.echo.Say','waiting',1,'{"text": "q2", "then": "wait"}',NULL,NULL,1.79594713994320893286e+09,1.0496616363525390625e-02);
INSERT INTO "steps" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6.0','db36ccdf5f5fbf92bd6b4575759db4d6',1,'say1','test.echo.Say','completed',1,'{"text": "done", "then": "say"}','{"said": [{"text": "done", "step": "db36ccdf5f5fbf92bd6b4575759db4d6.0"}]}',NULL,1.79594713995554256438e+09,9.549617767333984375e-03);
INSERT INTO "steps" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6.0.0','db36ccdf5f5fbf92bd6b4575759db4d6',2,'say2','test.echo.Say','completed',1,'{"text": "after done"}','{"said": [{"text": "after done", "step": "db36ccdf5f5fbf92bd6b4575759db4d6.0.0"}]}',NULL,1.79594713996511387826e+09,3.5228729248046875e-03);
INSERT INTO "steps" VALUES('6e519e0a790075ccad7d28c325905903.0','6e519e0a790075ccad7d28c325905903',1,'say1','test.echo.Say','waiting',1,'{"text": "q1", "then": "wait"}',NULL,NULL,1.79594713995222330098e+09,3.09398174285888671875e-02);
INSERT INTO "steps" VALUES('cf31ecd48b29d646d2d3a4ce855320ec','cf31ecd48b29d646d2d3a4ce855320ec',0,'in1','test.echo.Heard','completed',1,'null','{"heard": [{"text": "p", "who": null, "items": [], "ratio": null}]}','null',1.79594714287212085723e+09,0.0);
INSERT INTO "steps" VALUES('cf31ecd48b29d646d2d3a4ce855320ec.0','cf31ecd48b29d646d2d3a4ce855320ec',1,'say1','test.echo.Say','paused',1,'{"text": "x", "then": "reconnect"}',NULL,'{"kind": "AuthorizationError", "title": "Token refused", "cause": "It has expired.", "cure": "Connect again."}',1.79594714293292808532e+09,4.626750946044921875e-03);
CREATE TABLE store (
	namespace TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	expires_at FLOAT, 
	CONSTRAINT pk_store PRIMARY KEY (namespace, "key")
);
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE tokens (
	hash TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	is_administrator BOOLEAN NOT NULL, 
	created_at FLOAT NOT NULL, 
	expires_at FLOAT, 
	CONSTRAINT pk_tokens PRIMARY KEY (hash)
);
INSERT INTO "tokens" VALUES('9890b21fe7190db382f6df853c47fdb920f23b01d1359c90164a73ece9beee0b','4f58d0c463324f3982eef0c3c92da315','first',1,1.79594713955130338665e+09,NULL);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('6e519e0a790075ccad7d28c325905903','gASVdAEAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCA2ZTUxOWUwYTc5MDA3NWNjYWQ3ZDI4YzMyNTkwNTkwM5SMBXJ1bklklGgEjAdvd25lcklklIwgNGY1OGQwYzQ2MzMyNGYzOTgyZWVmMGMzYzkyZGEzMTWUjAljb25uZWN0b3KUjAl0ZXN0OmVjaG+UjAhvcmRlcktleZRoBIwEd29ya5R9lCiMB2Zsb3dLZXmUjCAxMWY5ZDk2Njk3YTI0MjBhOTVhY2VjZTA5NjljMjc5M5SMBmZsb3dJZJSMBXdhaXRzlIwHdmVyc2lvbpRLAYwEZnJvbZR9lCiMCWNvbXBvbmVudJSMA2luMZSMBHBvcnSUjAVoZWFyZJSMBXZhbHVllH2UKIwEdGV4dJSMAnExlIwDd2hvlE6MBWl0ZW1zlF2UjAVyYXRpb5ROdXWMCGV2ZW50U2VxlEsBdYwFZXZlbnSUTmggTnWFlIwGa3dhcmdzlH2UdS4=',1795947139000);
INSERT INTO "workflow_input" VALUES('08b0ef9a2a375cc959432a4566903952','gASVdAEAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCAwOGIwZWY5YTJhMzc1Y2M5NTk0MzJhNDU2NjkwMzk1MpSMBXJ1bklklGgEjAdvd25lcklklIwgNGY1OGQwYzQ2MzMyNGYzOTgyZWVmMGMzYzkyZGEzMTWUjAljb25uZWN0b3KUjAl0ZXN0OmVjaG+UjAhvcmRlcktleZRoBIwEd29ya5R9lCiMB2Zsb3dLZXmUjCAxMWY5ZDk2Njk3YTI0MjBhOTVhY2VjZTA5NjljMjc5M5SMBmZsb3dJZJSMBXdhaXRzlIwHdmVyc2lvbpRLAYwEZnJvbZR9lCiMCWNvbXBvbmVudJSMA2luMZSMBHBvcnSUjAVoZWFyZJSMBXZhbHVllH2UKIwEdGV4dJSMAnEylIwDd2hvlE6MBWl0ZW1zlF2UjAVyYXRpb5ROdXWMCGV2ZW50U2VxlEsCdYwFZXZlbnSUTmggTnWFlIwGa3dhcmdzlH2UdS4=',1795947139000);
INSERT INTO "workflow_input" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6','gASVdQEAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCBkYjM2Y2NkZjVmNWZiZjkyYmQ2YjQ1NzU3NTlkYjRkNpSMBXJ1bklklGgEjAdvd25lcklklIwgNGY1OGQwYzQ2MzMyNGYzOTgyZWVmMGMzYzkyZGEzMTWUjAljb25uZWN0b3KUjAl0ZXN0OmVjaG+UjAhvcmRlcktleZRoBIwEd29ya5R9lCiMB2Zsb3dLZXmUjCBhY2RhMDQ0Y2U2ZmE0ZDRmOTlkMjliZDU1MTQ3YmViMpSMBmZsb3dJZJSMBGRvbmWUjAd2ZXJzaW9ulEsBjARmcm9tlH2UKIwJY29tcG9uZW50lIwDaW4xlIwEcG9ydJSMBWhlYXJklIwFdmFsdWWUfZQojAR0ZXh0lIwEZG9uZZSMA3dob5ROjAVpdGVtc5RdlIwFcmF0aW+UTnV1jAhldmVudFNlcZRLA3WMBWV2ZW50lE5oIE51hZSMBmt3YXJnc5R9lHUu',1795947139000);
INSERT INTO "workflow_input" VALUES('a3bc7dbe59c3ce8842e57e72493eba10','gASVmgEAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCBhM2JjN2RiZTU5YzNjZTg4NDJlNTdlNzI0OTNlYmExMJSMBXJ1bklklGgEjAdvd25lcklklIwgNGY1OGQwYzQ2MzMyNGYzOTgyZWVmMGMzYzkyZGEzMTWUjAljb25uZWN0b3KUjAl0ZXN0OmVjaG+UjAhvcmRlcktleZSMJDJhMmI1NWY1NjkxNzRhZGRhNmEwYTlhNjZiNmJiZjA4Om9uZZSMBHdvcmuUfZQojAdmbG93S2V5lIwgMmEyYjU1ZjU2OTE3NGFkZGE2YTBhOWE2NmI2YmJmMDiUjAZmbG93SWSUjAZxdWV1ZWSUjAd2ZXJzaW9ulEsBjARmcm9tlH2UKIwJY29tcG9uZW50lIwDaW4xlIwEcG9ydJSMBWhlYXJklIwFdmFsdWWUfZQojAR0ZXh0lIwCczGUjAN3aG+UTowFaXRlbXOUXZSMBXJhdGlvlE51dYwIZXZlbnRTZXGUSwR1jAVldmVudJROaCFOdYWUjAZrd2FyZ3OUfZR1Lg==',1795947139000);
INSERT INTO "workflow_input" VALUES('f2519ec2b90774a58c94a32461d05dc3','gASVmgEAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCBmMjUxOWVjMmI5MDc3NGE1OGM5NGEzMjQ2MWQwNWRjM5SMBXJ1bklklGgEjAdvd25lcklklIwgNGY1OGQwYzQ2MzMyNGYzOTgyZWVmMGMzYzkyZGEzMTWUjAljb25uZWN0b3KUjAl0ZXN0OmVjaG+UjAhvcmRlcktleZSMJDJhMmI1NWY1NjkxNzRhZGRhNmEwYTlhNjZiNmJiZjA4Om9uZZSMBHdvcmuUfZQojAdmbG93S2V5lIwgMmEyYjU1ZjU2OTE3NGFkZGE2YTBhOWE2NmI2YmJmMDiUjAZmbG93SWSUjAZxdWV1ZWSUjAd2ZXJzaW9ulEsBjARmcm9tlH2UKIwJY29tcG9uZW50lIwDaW4xlIwEcG9ydJSMBWhlYXJklIwFdmFsdWWUfZQojAR0ZXh0lIwCczKUjAN3aG+UTowFaXRlbXOUXZSMBXJhdGlvlE51dYwIZXZlbnRTZXGUSwV1jAVldmVudJROaCFOdYWUjAZrd2FyZ3OUfZR1Lg==',1795947139000);
INSERT INTO "workflow_input" VALUES('wake:08b0ef9a2a375cc959432a4566903952/0','gASVPgAAAAAAAAB9lCiMBGFyZ3OUjCIwOGIwZWY5YTJhMzc1Y2M5NTk0MzJhNDU2NjkwMzk1Mi8wlIWUjAZrd2FyZ3OUfZR1Lg==',1795947139000);
INSERT INTO "workflow_input" VALUES('wake:6e519e0a790075ccad7d28c325905903/0','gASVPgAAAAAAAAB9lCiMBGFyZ3OUjCI2ZTUxOWUwYTc5MDA3NWNjYWQ3ZDI4YzMyNTkwNTkwMy8wlIWUjAZrd2FyZ3OUfZR1Lg==',1795947139000);
INSERT INTO "workflow_input" VALUES('cf31ecd48b29d646d2d3a4ce855320ec','gASVdAEAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCBjZjMxZWNkNDhiMjlkNjQ2ZDJkM2E0Y2U4NTUzMjBlY5SMBXJ1bklklGgEjAdvd25lcklklIwgNGY1OGQwYzQ2MzMyNGYzOTgyZWVmMGMzYzkyZGEzMTWUjAljb25uZWN0b3KUjAl0ZXN0OmVjaG+UjAhvcmRlcktleZRoBIwEd29ya5R9lCiMB2Zsb3dLZXmUjCA5OGIwNDhhNjlhYjg0NzQxYjA3ZDYyMGFhYmUzMDQ4MpSMBmZsb3dJZJSMBnBhdXNlc5SMB3ZlcnNpb26USwGMBGZyb22UfZQojAljb21wb25lbnSUjANpbjGUjARwb3J0lIwFaGVhcmSUjAV2YWx1ZZR9lCiMBHRleHSUjAFwlIwDd2hvlE6MBWl0ZW1zlF2UjAVyYXRpb5ROdXWMCGV2ZW50U2VxlEsGdYwFZXZlbnSUTmggTnWFlIwGa3dhcmdzlH2UdS4=',1795947142000);
INSERT INTO "workflow_input" VALUES('08b0ef9a2a375cc959432a4566903952/0','gASVaQIAAAAAAAB9lCiMBGFyZ3OUfZQojAlzZWdtZW50SWSUjCIwOGIwZWY5YTJhMzc1Y2M5NTk0MzJhNDU2NjkwMzk1Mi8wlIwFcnVuSWSUjCAwOGIwZWY5YTJhMzc1Y2M5NTk0MzJhNDU2NjkwMzk1MpSMB293bmVySWSUjCA0ZjU4ZDBjNDYzMzI0ZjM5ODJlZWYwYzNjOTJkYTMxNZSMCWNvbm5lY3RvcpSMCXRlc3Q6ZWNob5SMCG9yZGVyS2V5lIwgMDhiMGVmOWEyYTM3NWNjOTU5NDMyYTQ1NjY5MDM5NTKUjAR3b3JrlH2UKIwHZmxvd0tleZSMIDExZjlkOTY2OTdhMjQyMGE5NWFjZWNlMDk2OWMyNzkzlIwGZmxvd0lklIwFd2FpdHOUjAd2ZXJzaW9ulEsBjAhldmVudFNlcZRLAowIZGVsaXZlcnmUfZQojAZzdGVwSWSUjCIwOGIwZWY5YTJhMzc1Y2M5NTk0MzJhNDU2NjkwMzk1Mi4wlIwJY29tcG9uZW50lIwEc2F5MZSMBXNjb3BllH2UjANpbjGUfZSMBWhlYXJklH2UKIwEdGV4dJSMAnEylIwDd2hvlE6MBWl0ZW1zlF2UjAVyYXRpb5ROdXNzjAdhdHRlbXB0lEsBjAhhZnRlclNlcZRLAowHcmVzdW1lc5R9lIwFc3RhdGWUfZRoIYwCcTKUc3OMBnJlYXNvbpSMCWFuIGFuc3dlcpR1dYwFZXZlbnSUfZQojAR0ZXh0lIwCNDKUjAVpdGVtc5RdlIwFcmF0aW+UTnWMCGV2ZW50U2VxlEsHdYWUjAZrd2FyZ3OUfZR1Lg==',1795947144000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('08b0ef9a2a375cc959432a4566903952','gAROLg==',NULL,1795947139000);
INSERT INTO "workflow_output" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6','gAROLg==',NULL,1795947139000);
INSERT INTO "workflow_output" VALUES('6e519e0a790075ccad7d28c325905903','gAROLg==',NULL,1795947139000);
INSERT INTO "workflow_output" VALUES('cf31ecd48b29d646d2d3a4ce855320ec','gAROLg==',NULL,1795947142000);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('6e519e0a790075ccad7d28c325905903','SUCCESS','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,'8ce85d52ec634d92b2678d2e19c7e7ec',1795947139000,1795947139000,'1',NULL,NULL,NULL,1,'segments',NULL,NULL,NULL,1795947139000,NULL,1,'6e519e0a790075ccad7d28c325905903',NULL,NULL,NULL,'py_pickle',NULL,0,0,1795947139000,'null',NULL,NULL,0,'appmixer','88b9788e-6bc5-470a-a3d8-3f4a586ea977');
INSERT INTO "workflow_status" VALUES('08b0ef9a2a375cc959432a4566903952','SUCCESS','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,'8ce85d52ec634d92b2678d2e19c7e7ec',1795947139000,1795947139000,'1',NULL,NULL,NULL,1,'segments',NULL,NULL,NULL,1795947139000,NULL,2,'08b0ef9a2a375cc959432a4566903952',NULL,NULL,NULL,'py_pickle',NULL,0,0,1795947139000,'null',NULL,NULL,0,'appmixer','6c821f7c-7c0e-4780-bd87-038340590cd6');
INSERT INTO "workflow_status" VALUES('db36ccdf5f5fbf92bd6b4575759db4d6','SUCCESS','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,'8ce85d52ec634d92b2678d2e19c7e7ec',1795947139000,1795947139000,'1',NULL,NULL,NULL,1,'segments',NULL,NULL,NULL,1795947139000,NULL,3,'db36ccdf5f5fbf92bd6b4575759db4d6',NULL,NULL,NULL,'py_pickle',NULL,0,0,1795947139000,'null',NULL,NULL,0,'appmixer','9611e429-17ca-4a28-a4a3-48e5e41afdbd');
INSERT INTO "workflow_status" VALUES('a3bc7dbe59c3ce8842e57e72493eba10','PENDING','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,'8ce85d52ec634d92b2678d2e19c7e7ec',1795947139000,1795947139000,'1',NULL,NULL,NULL,1,'segments',NULL,NULL,NULL,1795947139000,NULL,4,'2a2b55f569174adda6a0a9a66b6bbf08:one',NULL,'1ee2f1b3-45ba-42d0-b29e-a946ed389603',NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,'appmixer','0261672d-f21a-43f2-ad9f-55efd2f78b51');
INSERT INTO "workflow_status" VALUES('f2519ec2b90774a58c94a32461d05dc3','ENQUEUED','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795947139000,1795947139000,'1',NULL,NULL,NULL,0,'segments',NULL,NULL,NULL,NULL,NULL,5,'2a2b55f569174adda6a0a9a66b6bbf08:one',NULL,NULL,NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,'appmixer','ce809da5-9fa5-4dac-93d0-8927ef150321');
INSERT INTO "workflow_status" VALUES('wake:08b0ef9a2a375cc959432a4566903952/0','DELAYED','wake_segment',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795947139000,1795947139000,'1',NULL,NULL,NULL,0,'segments',NULL,NULL,NULL,NULL,NULL,1,'wake:08b0ef9a2a375cc959432a4566903952/0',NULL,NULL,NULL,'py_pickle',2111307139953,0,0,NULL,'null',NULL,NULL,0,'appmixer','e5168b10-037d-4342-95c6-3dd94a8570a8');
INSERT INTO "workflow_status" VALUES('wake:6e519e0a790075ccad7d28c325905903/0','DELAYED','wake_segment',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795947139000,1795947139000,'1',NULL,NULL,NULL,0,'segments',NULL,NULL,NULL,NULL,NULL,1,'wake:6e519e0a790075ccad7d28c325905903/0',NULL,NULL,NULL,'py_pickle',2111307139983,0,0,NULL,'null',NULL,NULL,0,'appmixer','4fec2b08-ddf0-4ba9-b4a9-9ccac4a45665');
INSERT INTO "workflow_status" VALUES('cf31ecd48b29d646d2d3a4ce855320ec','SUCCESS','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,'8ce85d52ec634d92b2678d2e19c7e7ec',1795947142000,1795947142000,'1',NULL,NULL,NULL,1,'segments',NULL,NULL,NULL,1795947142000,NULL,6,'cf31ecd48b29d646d2d3a4ce855320ec',NULL,NULL,NULL,'py_pickle',NULL,0,0,1795947142000,'null',NULL,NULL,0,'appmixer','2b37351c-225e-4803-9a51-18121d43b80e');
INSERT INTO "workflow_status" VALUES('08b0ef9a2a375cc959432a4566903952/0','PENDING','run_segment',NULL,NULL,NULL,NULL,NULL,NULL,'8ce85d52ec634d92b2678d2e19c7e7ec',1795947144000,1795947144000,'1',NULL,NULL,NULL,1,'segments',NULL,NULL,NULL,1795947144000,NULL,7,'08b0ef9a2a375cc959432a4566903952',NULL,'e7d8317f-c99c-458e-abc9-a2bbe2fcda21',NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,'appmixer','c1008f75-b78c-4235-bee5-34ab35ed5e4b');
CREATE INDEX ix_events_new ON events (seq) WHERE state = 'new';
CREATE INDEX ix_listeners_connector_route ON listeners (connector, route);
CREATE INDEX ix_runs_event_seq ON runs (event_seq);
CREATE INDEX ix_runs_flow_key_started_at ON runs (flow_key, started_at);
CREATE INDEX ix_runs_owner_id_started_at ON runs (owner_id, started_at);
CREATE INDEX ix_segments_account_id_state ON segments (account_id, state);
CREATE INDEX ix_segments_connector_key_state ON segments (connector, "key", state);
CREATE INDEX ix_segments_run_id_state ON segments (run_id, state);
CREATE INDEX ix_steps_run_id_position ON steps (run_id, position);
CREATE INDEX ix_store_expires_at ON store (expires_at);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
