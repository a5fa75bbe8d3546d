// The server that a platform's own people would write: Fastify, Mercurius with its compiler, better-sqlite3.
// DATABASE: its file. JWT_SECRET, WEBHOOK_SECRET: what tokens and webhooks are signed with. WRITER: one-by-one or together.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { openBooks } from './books.js'
import { oneByOne, together } from './writers.js'

const { DATABASE, JWT_SECRET, WEBHOOK_SECRET, WRITER } = process.env
const books = openBooks(DATABASE)
const write = WRITER === 'together' ? together(books) : oneByOne(books)

const isSignedBy = (secret, text, signature, encoding) => {
  const wanted = createHmac('sha256', secret).update(text).digest()
  const given = Buffer.from(signature, encoding)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Whose token it is, by HS256; null for none or a wrong one. */
function viewerOf (authorization) {
  const [head, body, signature] = authorization?.startsWith('Bearer ') ? authorization.slice(7).split('.') : []
  if (!signature || !isSignedBy(JWT_SECRET, `${head}.${body}`, signature, 'base64url')) return null
  const { sub, role, exp } = JSON.parse(Buffer.from(body, 'base64url').toString())
  return exp * 1000 > Date.now() ? { id: sub, role } : null
}

function demand (context, role) {
  if (!context.viewer) throw new mercurius.ErrorWithProps('A token is needed.', { code: 'UNAUTHENTICATED' })
  if (context.viewer.role !== role) throw new mercurius.ErrorWithProps('This is not for you.', { code: 'FORBIDDEN' })
  return context.viewer
}

const resolvers = {
  Query: {
    purchase (_, { id }, context) {
      const purchase = books.purchase(id)
      const { viewer } = context
      return purchase && (viewer?.role === 'ADMIN' || viewer?.id === purchase.student.id) ? purchase : null
    },
    purchases (_, { first, after = null }, context) {
      demand(context, 'ADMIN')
      if (first < 0 || first > 100) throw new mercurius.ErrorWithProps('first must be 0 to 100.', { code: 'BAD_USER_INPUT' })
      return books.page(first, after)
    }
  },
  Mutation: {
    createPayment: (_, { input }, context) => write('createPayment', demand(context, 'STUDENT'), input),
    confirmPayment: (_, { input }, context) => write('confirmPayment', demand(context, 'STUDENT'), input),
    createPurchase: (_, { input }, context) => write('createPurchase', demand(context, 'ADMIN'), input)
  }
}

const app = Fastify({ logger: false })
app.register(mercurius, {
  schema: readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  context: (request) => ({ viewer: viewerOf(request.headers.authorization) }),
  jit: 1
})

app.register(async (hooks) => {
  hooks.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => done(null, body))
  hooks.post('/webhooks/stripe', async (request, reply) => {
    const signed = Object.fromEntries((request.headers['stripe-signature'] ?? '').split(',').map((part) => part.split('=')))
    const isFresh = Math.abs(Date.now() / 1000 - Number(signed.t)) < 300
    if (!isFresh || !isSignedBy(WEBHOOK_SECRET, `${signed.t}.${request.body}`, signed.v1 ?? '', 'hex')) {
      return reply.code(400).send({ stored: false })
    }
    const { id, type } = JSON.parse(request.body)
    return write('storeEvent', null, { id, type, body: request.body })
  })
})

const url = await app.listen({ port: 0, host: '127.0.0.1', backlog: 2048 })
console.log(`Serving ${url}/graphql`)
