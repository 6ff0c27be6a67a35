import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { signLink } from '../../src/http/signed-link.ts'
import type { Route } from '../../src/http/route.ts'
import { ROUTES } from '../../src/http/routes.ts'
import {
  openTwoTenants,
  type Tenant,
  type TenantAnswer,
  type TenantCall,
  type TwoTenants,
} from './two-tenants.ts'

// Two projects on one gateway. What is compared is compared byte for byte, and every difference is a leak.

let tenants: TwoTenants
let victim: Tenant
let stranger: Tenant
before(async () => {
  tenants = await openTwoTenants()
  ;({ victim, stranger } = tenants)
})
after(() => tenants.stop())

let compared = 0
const leaks: string[] = []

/** What must not appear in an answer to somebody else. */
const secretsOf = ({
  mark,
  project,
  keyId,
  video,
  waiting,
  endpoint,
  delivery,
}: Tenant): readonly string[] => [mark, project, keyId, video, waiting, endpoint, delivery]

/** Everything of an answer but the id of the request, and when keys were used: that is written a while after. */
const imageOf = ({ status, headers, text }: TenantAnswer): string => {
  const kept = [...headers].filter(([name]) => name !== 'x-request-id')
  return JSON.stringify([status, kept, text.replaceAll(/"last_used_at":(null|\d+)/g, '')])
}

/** Notes what of the victim an answer holds that its own request did not say. */
function checkSilent(answer: TenantAnswer, call: TenantCall): void {
  compared += 1
  const said = JSON.stringify(call)
  const told = [answer.text, JSON.stringify([...answer.headers])].join('\n')
  for (const secret of secretsOf(victim))
    if (!said.includes(secret) && told.includes(secret)) leaks.push(`${said} tells ${secret}`)
}

/** The foreign thing and one that does not exist have to look the same. */
async function compare(foreign: TenantCall, missing: TenantCall): Promise<TenantAnswer> {
  const [one, other] = [await tenants.ask(foreign), await tenants.ask(missing)]
  checkSilent(one, foreign)
  checkSilent(other, missing)
  if (imageOf(one) !== imageOf(other))
    leaks.push(`${JSON.stringify(foreign)} differs: ${imageOf(one)} from ${imageOf(other)}`)
  return one
}

const ID = /:id(\{[^}]*\})?/

/** An id of the victim by the beginning of the path; undefined where there is nothing that belongs to a project. */
function foreignIdsOf(path: string): readonly string[] {
  if (path.startsWith('/v1/videos/')) return [victim.video, victim.waiting]
  if (path.startsWith('/v1/endpoints/')) return [victim.endpoint]
  if (path.startsWith('/v1/deliveries/')) return [victim.delivery]
  if (path.startsWith('/v1/projects/')) return [victim.project]
  if (path.startsWith('/v1/keys/')) return [victim.keyId]
  if (path.startsWith('/v1/inputs/')) return [`${victim.waiting}.0`]
  assert.ok(path.startsWith('/v1/models/'), `say what an id in ${path} is`)
  return []
}

/** As long as the foreign one and as well-formed, but of nothing. */
const missingLike = (id: string): string => id.replace(/_[0-9a-z]{26}/, `_${'0'.repeat(26)}`)

/** A body that the route accepts, so that it goes on to the id. */
function bodyOf({ method, path }: Route): string | undefined {
  if (method === 'GET' || method === 'DELETE') return undefined
  if (path.endsWith('/resend') && path.startsWith('/v1/endpoints')) return '{"since":0}'
  if (path.endsWith('/remix')) return '{"prompt":"a"}'
  return path === '/v1/projects/:id' ? '{"name":"a"}' : '{}'
}

const KEYS = ['full', 'create', 'read', 'content', 'admin'] as const

test('a foreign id is a missing one, on every route and for every scope', async () => {
  let routes = 0
  for (const route of ROUTES.filter(({ path }) => ID.test(path))) {
    for (const id of foreignIdsOf(route.path)) {
      routes += 1
      for (const name of KEYS) {
        for (const query of ['', '?limit=1', '?variant=thumbnail', '?exp=99999999999&sig=a']) {
          const call = (of: string): TenantCall => ({
            method: route.method,
            path: route.path.replace(ID, of) + query,
            key: stranger.keys[name],
            body: bodyOf(route),
          })
          const { status } = await compare(call(id), call(missingLike(id)))
          assert.ok(status >= 400 && status < 500, `${route.method} ${route.path} with ${name}: ${status}`)
        }
      }
    }
  }
  assert.ok(routes > 15, `only ${routes}`)
  assert.deepEqual(leaks, [])
})

test('a foreign id is a missing one with every header that asks for less, or for later', async () => {
  const headers = [
    { prefer: 'wait=25' },
    { 'if-none-match': '*' },
    { range: 'bytes=0-0' },
    { 'x-stainless-lang': 'js' },
    { 'idempotency-key': 'k' },
  ]
  for (const route of ROUTES.filter(({ path }) => ID.test(path))) {
    for (const id of foreignIdsOf(route.path)) {
      for (const more of headers) {
        const call = (of: string): TenantCall => ({
          method: route.method === 'GET' ? 'HEAD' : route.method,
          path: route.path.replace(ID, of),
          key: stranger.keys.full,
          body: bodyOf(route),
          headers: more,
        })
        await compare(call(id), call(missingLike(id)))
      }
    }
  }
  assert.deepEqual(leaks, [])
})

test('nothing of the victim was changed on the way', async () => {
  const read = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await tenants.ask({ path, key: victim.keys.full })
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text) as Record<string, unknown>
  }
  assert.equal((await read(`/v1/videos/${victim.video}`))['status'], 'completed')
  assert.equal((await read(`/v1/videos/${victim.waiting}`))['status'], 'queued')
  const endpoint = await read(`/v1/endpoints/${victim.endpoint}`)
  assert.deepEqual([endpoint['description'], endpoint['enabled']], [victim.mark, true])
  const keys = (await read('/v1/keys'))['data'] as { id: string }[]
  assert.ok(keys.some(({ id }) => id === victim.keyId))
  const secrets = (await read(`/v1/endpoints/${victim.endpoint}/secret`))['data'] as unknown[]
  assert.equal(secrets.length, 1)
})

/** What each key may do. The route's word is the table; this is the meaning of it. */
const MAY: Readonly<Record<(typeof KEYS)[number], readonly Route['access'][]>> = {
  full: ['create', 'read', 'content', 'admin'],
  create: ['create'],
  read: ['read'],
  content: ['content'],
  admin: ['create', 'read', 'content', 'admin'],
}

test('every route wants its scope, and admin of a project is not admin of the gateway', async () => {
  for (const route of ROUTES.filter(({ access }) => access !== 'open')) {
    const [id = 'x'] = ID.test(route.path) ? foreignIdsOf(route.path) : []
    const path = route.path.replace(ID, missingLike(id))
    const call = (key: string | null): TenantCall => ({
      method: route.method,
      path,
      key,
      body: bodyOf(route),
    })
    for (const name of KEYS) {
      const { status } = await tenants.ask(call(stranger.keys[name]))
      const mayDo = MAY[name].includes(route.access)
      assert.equal(status === 403, !mayDo, `${route.method} ${route.path} with ${name}: ${status}`)
      assert.notEqual(status, 401)
    }
    for (const key of [null, 'rk_nobody', stranger.keys.expired, stranger.keys.revoked, ''])
      assert.equal((await tenants.ask(call(key))).status, 401, `${route.method} ${route.path} with ${key}`)
  }
})

test('a dead key cannot be told from an unknown one', async () => {
  for (const route of ROUTES.filter(({ access }) => access !== 'open')) {
    const call = (key: string): TenantCall => ({
      method: route.method,
      path: route.path.replace(ID, 'x'),
      key,
    })
    const unknown = `rk_${'A'.repeat(43)}`
    for (const name of ['expired', 'revoked'] as const) await compare(call(victim.keys[name]), call(unknown))
  }
  assert.deepEqual(leaks, [])
})

test('a key anywhere but in the Authorization header is none', async () => {
  const key = stranger.keys.full
  const places: readonly { path: string; headers?: Record<string, string> }[] = [
    ...['key', 'api_key', 'apikey', 'token', 'access_token', 'authorization'].map((name) => ({
      path: `/v1/videos?${name}=${key}`,
    })),
    ...['x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'proxy-authorization'].map((name) => ({
      path: '/v1/videos',
      headers: { [name]: name === 'cookie' ? `key=${key}` : key },
    })),
    ...[`Basic ${key}`, `Token ${key}`, key, `Bearer  ${key} x`].map((authorization) => ({
      path: '/v1/videos',
      headers: { authorization },
    })),
  ]
  for (const place of places)
    assert.equal((await tenants.ask({ ...place, key: null })).status, 401, place.path)
})

test('lists, their cursors and their filters know only what is the own', async () => {
  for (const route of ROUTES.filter(({ method, path }) => method === 'GET' && !ID.test(path))) {
    for (const query of [
      '',
      '?limit=100',
      '?order=asc',
      '?model=wan2.6',
      '?status=completed',
      '?status=pending',
    ]) {
      const call = { path: route.path + query, key: stranger.keys.full }
      checkSilent(await tenants.ask(call), call)
    }
    const filters = ['after', 'video', 'endpoint', 'project', 'model', 'status', 'before', 'id', 'project_id']
    for (const filter of filters) {
      for (const id of secretsOf(victim)) {
        const call = (of: string): TenantCall => ({
          path: `${route.path}?${filter}=${of}`,
          key: stranger.keys.full,
        })
        await compare(call(id), call(missingLike(id)))
      }
    }
  }
  assert.deepEqual(leaks, [])
})

test('what a body names of another project does not exist', async () => {
  const rows: readonly ((id: string) => object)[] = [
    (project) => ({ name: 'a', project }),
    (project) => ({ name: 'a', project, scopes: ['admin'] }),
  ]
  for (const id of [victim.project, 'default']) {
    for (const row of rows) {
      const call = (of: string): TenantCall => ({
        method: 'POST',
        path: '/v1/keys',
        key: stranger.keys.admin,
        body: JSON.stringify(row(of)),
      })
      const { status } = await compare(call(id), call(missingLike(victim.project)))
      assert.equal(status, 400)
    }
  }
  assert.deepEqual(leaks, [])
})

const create = async (
  tenant: Tenant,
  headers: Record<string, string>,
  prompt: string,
): Promise<TenantAnswer> =>
  tenants.ask({
    method: 'POST',
    path: '/v1/videos',
    key: tenant.keys.create,
    body: JSON.stringify({ model: 'wan2.6', prompt: `${prompt} [up:steps=queued*]` }),
    headers,
  })

const idOf = ({ text }: TenantAnswer): string => (JSON.parse(text) as { id: string }).id

test('an Idempotency-Key, and the retry of a client without one, belong to one project', async () => {
  const rows = [
    { 'idempotency-key': 'the-same' },
    { 'x-stainless-retry-count': '0' },
    { 'x-stainless-retry-count': '1' },
  ]
  for (const [index, headers] of rows.entries()) {
    const shared = `shared ${index}`
    const first = await create(victim, headers, shared)
    const own = await create(victim, headers, shared)
    const foreign = await create(stranger, headers, shared)
    const other = await create(stranger, headers, 'another')
    compared += 2
    assert.equal(foreign.status, 200, foreign.text)
    assert.equal(foreign.headers.get('idempotent-replayed'), null)
    assert.ok(other.status === 200 || headers['idempotency-key'] !== undefined, other.text)
    if ([idOf(first), idOf(own)].includes(idOf(foreign)))
      leaks.push(`${JSON.stringify(headers)} joined projects`)
  }
  assert.deepEqual(leaks, [])
})

type Tampering = { id: string; query: string }

/** Links that were signed for something else, or by nobody. */
function tamperings(kind: 'content' | 'input', expiresAtMs: number): readonly Tampering[] {
  const inputId = `${victim.waiting}.0`
  const subject =
    kind === 'content'
      ? ({ kind, id: victim.video, variant: 'video' } as const)
      : ({ kind, id: inputId } as const)
  const id = subject.id
  const good = signLink(tenants.linkKeys, subject, expiresAtMs)
  const [, exp = '', sig = ''] = /exp=(\d+)&sig=(.+)$/.exec(good) ?? []
  const sign = (of: Parameters<typeof signLink>[1]): string => signLink(tenants.linkKeys, of, expiresAtMs)
  const flipped = (at: number): string => sig.slice(0, at) + (sig[at] === 'A' ? 'B' : 'A') + sig.slice(at + 1)
  return [
    ...[1, -1, 86_400, -86_400].map((more) => ({ id, query: `exp=${Number(exp) + more}&sig=${sig}` })),
    ...[`${exp}0`, `${exp}.0`, `0x${Number(exp).toString(16)}`, '', 'NaN', '1e99', `${exp} `].map((text) => ({
      id,
      query: `exp=${encodeURIComponent(text)}&sig=${sig}`,
    })),
    // All but the last character, two bits of which mean nothing.
    ...Array.from({ length: sig.length - 1 }, (_, at) => ({ id, query: `exp=${exp}&sig=${flipped(at)}` })),
    ...['', sig.slice(1), `${sig}A`, `${sig}=`, sig.toLowerCase(), 'A'.repeat(43)].map((text) => ({
      id,
      query: `exp=${exp}&sig=${text}`,
    })),
    { id, query: `exp=${exp}` },
    { id, query: `sig=${sig}` },
    { id, query: `exp=${exp}&sig=${'A'.repeat(43)}&sig=${sig}` },
    { id, query: sign({ kind: 'content', id: stranger.video, variant: 'video' }) },
    { id, query: sign({ kind: 'content', id, variant: 'thumbnail' }).replace('variant=thumbnail&', '') },
    {
      id,
      query: sign(kind === 'content' ? { kind: 'input', id } : { kind: 'content', id, variant: 'video' }),
    },
    { id, query: signLink([new Uint8Array(32)], subject, expiresAtMs) },
    { id: kind === 'content' ? stranger.video : `${stranger.waiting}.0`, query: good },
    { id: kind === 'content' ? victim.waiting : `${victim.waiting}.1`, query: good },
    ...(kind === 'content' ? [{ id, query: `variant=thumbnail&${good}` }] : []),
  ]
}

for (const kind of ['content', 'input'] as const) {
  const pathOf = ({ id, query }: Tampering): string =>
    kind === 'content' ? `/v1/videos/${id}/content?${query}` : `/v1/inputs/${id}?${query}`

  test(`a link to ${kind} opens what it was signed for, and nothing else`, async () => {
    const expiresAtMs = tenants.nowMs + 3_600_000
    const id = kind === 'content' ? victim.video : `${victim.waiting}.0`
    const subject = kind === 'content' ? ({ kind, id, variant: 'video' } as const) : ({ kind, id } as const)
    const good = pathOf({ id, query: signLink(tenants.linkKeys, subject, expiresAtMs) })
    assert.equal((await tenants.ask({ path: good, key: null })).status, 200)
    const late = pathOf({ id, query: signLink(tenants.linkKeys, subject, tenants.nowMs - 1_000) })
    assert.equal((await tenants.ask({ path: late, key: null })).status, 401)
    for (const tampering of tamperings(kind, expiresAtMs)) {
      for (const key of [null, stranger.keys.full]) {
        const call = { path: pathOf(tampering), key }
        const answer = await tenants.ask(call)
        compared += 1
        if (answer.status < 400) leaks.push(`${call.path} opens`)
      }
    }
    assert.deepEqual(leaks, [])
  })

  test(`a link to ${kind} that is not signed does not tell whether there is something`, async () => {
    for (const query of ['', 'exp=1&sig=a', `exp=99999999999&sig=${'A'.repeat(43)}`]) {
      const id = kind === 'content' ? victim.video : `${victim.waiting}.0`
      for (const key of [null, stranger.keys.full]) {
        const call = (of: string): TenantCall => ({ path: pathOf({ id: of, query }), key })
        await compare(call(id), call(missingLike(id)))
      }
    }
    assert.deepEqual(leaks, [])
  })
}

test('0 leaks', (t) => {
  t.diagnostic(`${leaks.length} leaks in ${compared} answers`)
  assert.deepEqual(leaks, [])
  assert.ok(compared > 1_000, `only ${compared} answers were compared`)
})
