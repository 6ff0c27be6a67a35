import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { HEED_AFTER_MS } from '../../src/http/take-callback.ts'
import {
  BODY_KINDS,
  FORM_KINDS,
  json,
  withLength,
  type BodyKind,
  type HostileBody,
} from './hostile-bodies.ts'
import {
  checkAnswer,
  checkHealth,
  codeOf,
  headOf,
  openHostile,
  requestOf,
  type HostileGateway,
  type Target,
} from './hostile-gateway.ts'
import type { RawAnswer } from './raw-client.ts'

const TIMEOUT = { timeout: 60_000 }

let gateway: HostileGateway
before(async () => {
  gateway = await openHostile()
})
after(() => gateway.stop())

async function one(target: Pick<Target, 'route' | 'path'>, body: HostileBody): Promise<RawAnswer> {
  const head = headOf(gateway, `${target.route.method} ${target.path}`, body.headers)
  const { answers } = await gateway.send({ chunks: requestOf(head, body.chunks) })
  const [answer] = answers
  assert.ok(answer, `${target.path} closed the connection without an answer`)
  return answer
}

const said = (answer: RawAnswer): unknown => (answer.status < 300 ? 'ok' : codeOf(answer))

function checkCode(answer: RawAnswer, { codes }: Pick<BodyKind, 'codes'>, about: string): void {
  assert.ok(
    codes.includes(String(said(answer))),
    `${about}: ${answer.status} ${answer.body.toString('utf8')}`,
  )
}

for (const kind of BODY_KINDS) {
  test(`every route survives ${kind.name}`, TIMEOUT, async () => {
    for (const target of gateway.targets) {
      for (const [index, body] of kind.bodies().entries()) {
        const about = `${target.name}, body ${index}`
        const answer = await one(target, body)
        checkAnswer(answer, about)
        if (target.readsBody) checkCode(answer, kind, about)
        if (target.keepsBody) checkCode(answer, { codes: ['ok', 'payload_too_large'] }, about)
      }
    }
    await checkHealth(gateway)
  })
}

const creates = (): Target => gateway.targets.find(({ name }) => name === 'POST /v1/videos')!

for (const kind of FORM_KINDS) {
  test(`the create survives ${kind.name}`, TIMEOUT, async () => {
    for (const [index, body] of kind.bodies().entries()) {
      const answer = await one(creates(), body)
      checkAnswer(answer, `body ${index}`)
      checkCode(answer, kind, `body ${index}`)
    }
    await checkHealth(gateway)
  })
}

test(
  'a body that stops arriving is given up after half a minute, on every route that reads it',
  TIMEOUT,
  async () => {
    for (const target of gateway.targets) {
      const headers = ['content-type: application/json', 'content-length: 20']
      const head = headOf(gateway, `${target.route.method} ${target.path}`, headers)
      // Nobody sleeps any more but the body.
      gateway.clock.advance(HEED_AFTER_MS)
      const answered = gateway.send({ chunks: [`${head}{`] })
      const waits = target.readsBody || target.keepsBody
      if (waits) {
        await gateway.clock.untilSleeping()
        gateway.clock.advance(31_000)
      }
      const [answer] = (await answered).answers
      assert.ok(answer, target.name)
      checkAnswer(answer, target.name)
      if (waits) assert.equal(codeOf(answer), 'request_timeout', target.name)
    }
    await checkHealth(gateway)
  },
)

test('a body that breaks off takes nothing with it', TIMEOUT, async () => {
  for (const target of gateway.targets) {
    const headers = ['content-type: multipart/form-data; boundary=b', 'content-length: 100000']
    const head = headOf(gateway, `${target.route.method} ${target.path}`, headers)
    const part = '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'
    const chunks = [head, part, 'x'.repeat(5_000)]
    // One that ends its half of the connection, and waits.
    const { answers } = await gateway.send({ chunks, ends: true })
    for (const answer of answers) checkAnswer(answer, target.name)
  }
  await checkHealth(gateway)
})

test('prototype keys reach no prototype', TIMEOUT, async () => {
  const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
  for (const target of gateway.targets.filter(({ readsBody }) => readsBody)) {
    for (const key of keys) {
      const inner = `{"${key}":{"polluted":true,"prototype":{"polluted":true}}}`
      const bodies = [
        json(inner),
        json(`{"prompt":"a","metadata":{"a":${inner}}}`),
        json(`{"prompt":"a","provider_options":${inner}}`),
        json(`{"name":"a","url":"http://a.test","scopes":${inner},"events":${inner}}`),
        withLength(
          'application/x-www-form-urlencoded',
          `prompt=a&${key}[polluted]=1&metadata[${key}][polluted]=1`,
        ),
      ]
      for (const [index, body] of bodies.entries()) {
        const about = `${target.name}, ${key}, body ${index}`
        const answer = await one(target, body)
        checkAnswer(answer, about)
        // Dropped rather than kept for whoever reads the answer.
        if (['__proto__', 'constructor', 'prototype'].includes(key))
          assert.ok(!answer.body.includes('polluted'), about)
      }
    }
  }
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.equal(
    Reflect.get(() => {}, 'polluted'),
    undefined,
  )
  await checkHealth(gateway)
})

type Schema = { $ref?: string; properties?: Record<string, unknown> }
type Content = Record<string, { schema?: Schema } | undefined>
type Document = {
  paths: Record<string, Record<string, { requestBody?: { content: Content } } | undefined> | undefined>
  components: { schemas: Record<string, Schema | undefined> }
}

/** Names of a route's fields, from the document that the gateway itself publishes. */
async function fieldsOf(target: Target): Promise<readonly string[]> {
  const response = await fetch(`${gateway.url}/openapi.json`)
  const { paths, components } = (await response.json()) as Document
  const path = target.route.path.replace(/:id(\{[^}]*\})?/, '{id}')
  const schema =
    paths[path]?.[target.route.method.toLowerCase()]?.requestBody?.content['application/json']?.schema
  const named = schema?.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1) ?? '']
  const names = Object.keys(named?.properties ?? {})
  assert.ok(names.length > 0, `${target.name} has no fields in the document`)
  return names
}

const WRONG_TYPES = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '""',
  '"x"',
  '[]',
  '{}',
  '[[[]]]',
  '[null]',
  '{"a":{"b":[]}}',
]
const ABSURD_NUMBERS = [
  '1e309',
  '-1e309',
  '-0',
  '9007199254740993',
  '1e-400',
  '1e21',
  '"NaN"',
  '"Infinity"',
  '"0x10"',
]
const ABSURD_TEXTS = [
  '"１２"',
  '"1e3"',
  `"${'9'.repeat(400)}"`,
  `"${'a'.repeat(40_000)}"`,
  String.raw`"\u0000"`,
  String.raw`"\ud800"`,
  String.raw`"a\r\nset-cookie: x=1"`,
]

test('every field of every route takes wrong types and absurd values', TIMEOUT, async () => {
  let sent = 0
  for (const target of gateway.targets.filter(({ readsBody }) => readsBody)) {
    for (const field of await fieldsOf(target)) {
      for (const value of [...WRONG_TYPES, ...ABSURD_NUMBERS, ...ABSURD_TEXTS]) {
        const rest = field === 'prompt' || target.name !== 'POST /v1/videos' ? '' : ',"prompt":"a"'
        const answer = await one(target, json(`{"${field}":${value}${rest}}`))
        checkAnswer(answer, `${target.name}, ${field}: ${value.slice(0, 60)}`)
        assert.equal(answer.headers.get('set-cookie'), undefined)
        sent += 1
      }
    }
  }
  assert.ok(sent > 500, `only ${sent} were sent`)
  await checkHealth(gateway)
})

const QUERY_VALUES = [
  '',
  '0',
  '-1',
  '1e309',
  '9007199254740993',
  'NaN',
  '%00',
  '%ff',
  '%',
  '%zz',
  '..%2f..%2fetc%2fpasswd',
  '%0d%0aset-cookie:%20x=1',
  "'%20OR%201=1--",
  'a'.repeat(6_000),
  '%ed%a0%80',
  '[]',
]

test('every query parameter of every route takes absurd values, once and twice', TIMEOUT, async () => {
  for (const target of gateway.targets) {
    const named = (target.route.doc.parameters ?? []).flatMap((parameter) =>
      'in' in parameter && parameter.in === 'query' ? [parameter.name] : [],
    )
    for (const name of [...named, '__proto__', 'constructor']) {
      for (const value of QUERY_VALUES) {
        const path = `${target.path}?${name}=${value}&${name}=${value}`
        const answer = await one({ ...target, path }, { headers: [], chunks: [] })
        checkAnswer(answer, `${target.route.method} ${path.slice(0, 200)}`)
        assert.equal(answer.headers.get('set-cookie'), undefined)
      }
    }
  }
  await checkHealth(gateway)
})

const IDS = [
  '..',
  '../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fadmin.key',
  '..\\..\\admin.key',
  '%5c..%5cadmin.key',
  '/etc/passwd',
  '%2fetc%2fpasswd',
  '%00',
  'video_%00',
  `video_${'0'.repeat(25)}%00`,
  `video_${'0'.repeat(26)}/../../../secret`,
  `video_${'0'.repeat(26)}%0d%0aset-cookie:%20x=1`,
  '%',
  '%zz',
  '%ff%fe',
  '%ed%a0%80',
  '__proto__',
  'constructor',
  'a'.repeat(7_000),
  "' OR 1=1 --".replaceAll(' ', '%20'),
  '%u0000',
  ';',
  '#',
  '?',
  '*',
]

test('no id leads anywhere that it should not', TIMEOUT, async () => {
  const places = gateway.targets.flatMap((target) =>
    [...target.route.path.matchAll(/:\w+(\{[^}]*\})?/g)].map(([place]) => ({ target, place })),
  )
  assert.ok(places.some(({ place }) => place === ':token'))
  for (const { target, place } of places) {
    for (const id of IDS) {
      // What stands in the other places is what every route here takes for a name.
      const path = target.route.path.replace(place, id).replace(/:\w+/, 'local')
      const answer = await one({ ...target, path }, { headers: [], chunks: [] })
      checkAnswer(answer, `${target.route.method} ${path.slice(0, 200)}`)
      assert.equal(answer.headers.get('set-cookie'), undefined)
      assert.ok(!/root:x:0|PRIVATE|SQLite format/.test(answer.body.toString('latin1')))
    }
  }
  await checkHealth(gateway)
})
