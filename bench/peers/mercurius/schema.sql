-- Instants are ISO 8601 in UTC, ids are the texts that clients see: a week's server does not translate them.
CREATE TABLE course (
  id TEXT PRIMARY KEY, title TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tier (
  course_id TEXT NOT NULL REFERENCES course (id), code TEXT NOT NULL, session_count INTEGER NOT NULL,
  price_minor INTEGER NOT NULL, currency TEXT NOT NULL, validity_days INTEGER NOT NULL,
  PRIMARY KEY (course_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment (
  id TEXT PRIMARY KEY, student_id TEXT NOT NULL, course_id TEXT NOT NULL REFERENCES course (id), tier TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, reference TEXT,
  metadata TEXT NOT NULL, created_at TEXT NOT NULL, confirmed_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_of_student ON payment (student_id, created_at);
CREATE UNIQUE INDEX payment_reference ON payment (reference) WHERE reference IS NOT NULL;

CREATE TABLE purchase (
  id TEXT PRIMARY KEY, student_id TEXT NOT NULL, course_id TEXT NOT NULL REFERENCES course (id), tier TEXT NOT NULL,
  status TEXT NOT NULL, payment_id TEXT UNIQUE REFERENCES payment (id), metadata TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX purchase_active ON purchase (student_id, course_id) WHERE status = 'ACTIVE';
CREATE INDEX purchase_created ON purchase (created_at, id);

CREATE TABLE student_access (
  purchase_id TEXT PRIMARY KEY REFERENCES purchase (id), sessions_total INTEGER NOT NULL,
  sessions_used INTEGER NOT NULL, expires_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entry (
  subject_id TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, actor_id TEXT NOT NULL, action TEXT NOT NULL,
  reason TEXT, changes TEXT, PRIMARY KEY (subject_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE provider_event (
  id TEXT PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, body TEXT NOT NULL, received_at TEXT NOT NULL,
  handled_at TEXT
) STRICT, WITHOUT ROWID;
