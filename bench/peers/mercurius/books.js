// The shop's books in SQLite: every command is one function that runs inside somebody else's transaction.
import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'

/** An id that sorts by time, as ours do. */
const newId = (prefix) => `${prefix}_${Date.now().toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`

const SHOWN = `
  purchase.id, purchase.status, purchase.tier, purchase.student_id, purchase.created_at,
  course.id AS course_id, course.title, payment.id AS payment_id, payment.status AS payment_status,
  student_access.sessions_total, student_access.sessions_used, student_access.expires_at
  FROM purchase JOIN course ON course.id = purchase.course_id
  JOIN student_access ON student_access.purchase_id = purchase.id
  LEFT JOIN payment ON payment.id = purchase.payment_id`

const shown = (row) => ({
  id: row.id,
  status: row.status,
  tier: row.tier,
  createdAt: row.created_at,
  student: { id: row.student_id },
  course: { id: row.course_id, title: row.title },
  payment: row.payment_id === null ? null : { id: row.payment_id, status: row.payment_status },
  access: { sessionsTotal: row.sessions_total, sessionsUsed: row.sessions_used, expiresAt: row.expires_at }
})

const problem = (kind, code, message, more) => ({ __typename: kind, code, message, ...more })

export function openBooks (path) {
  const db = new Database(path)
  // As durable as the gateway: an answer that was given is on the disk.
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('wal_autocheckpoint = 10000')

  const sql = {
    tier: db.prepare('SELECT tier.*, course.title FROM tier JOIN course ON course.id = tier.course_id WHERE course_id = ? AND code = ?'),
    payment: db.prepare('SELECT * FROM payment WHERE id = ?'),
    active: db.prepare(`SELECT ${SHOWN} WHERE purchase.student_id = ? AND purchase.course_id = ? AND purchase.status = 'ACTIVE'`),
    ofPayment: db.prepare(`SELECT ${SHOWN} WHERE purchase.payment_id = ?`),
    purchase: db.prepare(`SELECT ${SHOWN} WHERE purchase.id = ?`),
    newest: db.prepare(`SELECT ${SHOWN} ORDER BY purchase.created_at DESC, purchase.id DESC LIMIT ?`),
    older: db.prepare(`SELECT ${SHOWN} WHERE (purchase.created_at, purchase.id) < (?, ?) ORDER BY purchase.created_at DESC, purchase.id DESC LIMIT ?`),
    addPayment: db.prepare("INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, 'REQUIRES_PAYMENT', ?, ?, ?, NULL)"),
    settlePayment: db.prepare("UPDATE payment SET status = 'SUCCEEDED', confirmed_at = ? WHERE id = ?"),
    addPurchase: db.prepare("INSERT INTO purchase VALUES (?, ?, ?, ?, 'ACTIVE', ?, ?, ?)"),
    addAccess: db.prepare('INSERT INTO student_access VALUES (?, ?, 0, ?)'),
    audit: db.prepare('INSERT INTO audit_entry VALUES (?, ?, ?, ?, ?, ?, ?)'),
    addEvent: db.prepare('INSERT INTO provider_event VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (event_id) DO NOTHING')
  }

  const note = (subject, at, who, action, reason, changes) => sql.audit.run(subject, newId('aud'), at, who, action, reason, JSON.stringify(changes))

  function grant (who, studentId, tier, paymentId, metadata, reason) {
    const now = new Date()
    const id = newId('pur')
    const at = now.toISOString()
    const expiresAt = new Date(now.getTime() + tier.validity_days * 86_400_000).toISOString()
    sql.addPurchase.run(id, studentId, tier.course_id, tier.code, paymentId, metadata, at)
    sql.addAccess.run(id, tier.session_count, expiresAt)
    note(id, at, who.id, 'purchase.created', reason, { tier: tier.code, courseId: tier.course_id, paymentId })
    return {
      id,
      status: 'ACTIVE',
      tier: tier.code,
      createdAt: at,
      student: { id: studentId },
      course: { id: tier.course_id, title: tier.title },
      payment: paymentId && { id: paymentId, status: 'SUCCEEDED' },
      access: { sessionsTotal: tier.session_count, sessionsUsed: 0, expiresAt }
    }
  }

  const commands = {
    createPayment (who, { courseId, tier: code, metadata }) {
      const tier = sql.tier.get(courseId, code)
      if (!tier) return problem('NotFound', 'NOT_FOUND', 'There is no such tier.')
      const active = sql.active.get(who.id, courseId)
      if (active) return problem('ActivePurchaseExists', 'ACTIVE_PURCHASE_EXISTS', 'The course is bought already.', { existingPurchase: shown(active) })
      const id = newId('pay')
      const at = new Date().toISOString()
      sql.addPayment.run(id, who.id, courseId, code, tier.price_minor, tier.currency, `sbx_${id}`, JSON.stringify(metadata), at)
      note(id, at, who.id, 'payment.opened', null, { tier: code, courseId, amountMinor: tier.price_minor })
      const payment = {
        id,
        status: 'REQUIRES_PAYMENT',
        tier: code,
        amount: { amountMinor: tier.price_minor, currency: tier.currency },
        student: { id: who.id },
        course: { id: courseId, title: tier.title }
      }
      return { __typename: 'CreatePaymentSuccess', payment, alreadyProcessed: false }
    },

    confirmPayment (who, { paymentId }) {
      const payment = sql.payment.get(paymentId)
      if (!payment || payment.student_id !== who.id) return problem('NotFound', 'NOT_FOUND', 'There is no such payment.')
      if (payment.status === 'SUCCEEDED') {
        const purchase = shown(sql.ofPayment.get(paymentId))
        return { __typename: 'ConfirmPaymentSuccess', payment: purchase.payment, purchase, alreadyProcessed: true }
      }
      const active = sql.active.get(who.id, payment.course_id)
      if (active) return problem('ActivePurchaseExists', 'ACTIVE_PURCHASE_EXISTS', 'The course is bought already.', { existingPurchase: shown(active) })
      const at = new Date().toISOString()
      sql.settlePayment.run(at, paymentId)
      note(paymentId, at, who.id, 'payment.captured', null, { amountMinor: payment.amount_minor })
      const purchase = grant(who, payment.student_id, sql.tier.get(payment.course_id, payment.tier), paymentId, payment.metadata, null)
      return { __typename: 'ConfirmPaymentSuccess', payment: purchase.payment, purchase, alreadyProcessed: false }
    },

    createPurchase (who, { studentId, courseId, purchaseTier, metadata, reason }) {
      const tier = sql.tier.get(courseId, purchaseTier)
      if (!tier) return problem('NotFound', 'NOT_FOUND', 'There is no such tier.')
      const active = sql.active.get(studentId, courseId)
      if (active && active.tier === purchaseTier) return { __typename: 'CreatePurchaseSuccess', purchase: shown(active), alreadyProcessed: true }
      if (active) return problem('ActivePurchaseExists', 'ACTIVE_PURCHASE_EXISTS', 'The course is bought already.', { existingPurchase: shown(active) })
      const purchase = grant(who, studentId, tier, null, JSON.stringify(metadata), reason)
      return { __typename: 'CreatePurchaseSuccess', purchase, alreadyProcessed: false }
    },

    storeEvent (_, { id, type, body }) {
      sql.addEvent.run(newId('evt'), id, type, body, new Date().toISOString())
      return { stored: true }
    }
  }

  return {
    commands,
    transaction: (work) => db.transaction(work).immediate,
    nested: (work) => db.transaction(work),
    purchase: (id) => { const row = sql.purchase.get(id); return row ? shown(row) : null },
    page (first, after) {
      const rows = after === null
        ? sql.newest.all(first + 1)
        : sql.older.all(...JSON.parse(Buffer.from(after, 'base64url').toString()), first + 1)
      const hasNextPage = rows.length > first
      const edges = rows.slice(0, first).map((row) => ({
        node: shown(row), cursor: Buffer.from(JSON.stringify([row.created_at, row.id])).toString('base64url')
      }))
      return { edges, pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
    }
  }
}
