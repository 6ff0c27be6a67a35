import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { systemClock } from '../system/clock.ts'
import { parseAllowHosts } from './allow-hosts.ts'
import { GuardRefused } from './guard-refused.ts'
import { createGuard, type Guard } from './guard.ts'
import type { Lookup } from './lookup-all.ts'
import { createGuardedClient, type GuardedRequest } from './guarded-fetch.ts'
import { ATTACKS, CONTROLS, PUBLIC, type Attack, type Ports } from './test-attacks.ts'
import { recordDials, type Dials } from './test-dials.ts'
import { listen } from './test-server.ts'
import { TransferFailed } from './transfer-failed.ts'

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://stand.in')
  const location = url.searchParams.get('to')
  if (location === null) return void response.end('public')
  response.writeHead(Number(url.pathname.slice(1)), { location }).end()
}

let ports: Ports
let dials: Dials
let secretsTold = 0
const openServer = createServer(answer)
const secretServer = createServer((_request, response) => {
  secretsTold += 1
  response.end('secret')
})

before(async () => {
  ports = { open: await listen(openServer), secret: await listen(secretServer) }
  dials = await recordDials()
})

after(() => {
  dials.restore()
  for (const server of [openServer, secretServer]) server.closeAllConnections()
  for (const server of [openServer, secretServer]) server.close()
})

function stubbedLookup(attack: Attack): Lookup {
  const answers = new Map(Object.entries(attack.dns ?? {}).map(([host, lists]) => [host, [...lists]]))
  return async (hostname) => {
    const lists = answers.get(hostname)
    if (lists === undefined) return hostname.startsWith('localhost') ? ['127.0.0.1'] : [PUBLIC]
    return (lists.length > 1 ? lists.shift() : lists[0]) ?? []
  }
}

function guardFor(attack: Attack): Guard {
  return createGuard({ allow: parseAllowHosts(`127.0.0.1:${ports.open}`), lookup: stubbedLookup(attack) })
}

type Outcome = { refusal: unknown; text: string; dialled: string[]; bypassed: boolean }

async function run(attack: Attack, guard: Guard): Promise<Outcome> {
  const standIn = `127.0.0.1:${ports.open}`
  const [dialsBefore, toldBefore] = [dials.seen.length, secretsTold]
  const request: GuardedRequest = {
    url: attack.url(ports),
    trust: { from: 'user' },
    totalTimeoutMs: 5_000,
    redirectsMax: 3,
    bytesMax: 1_000,
    ...(attack.method === undefined ? {} : { method: attack.method, body: 'x' }),
  }
  let refusal: unknown
  let text = ''
  try {
    const response = await createGuardedClient({ guard, clock: systemClock }).open(request)
    for await (const chunk of response.body) text += Buffer.from(chunk).toString()
  } catch (error) {
    refusal = error
  }
  const dialled = dials.seen.slice(dialsBefore)
  const bypassed = secretsTold > toldBefore || dialled.some((address) => address !== standIn)
  return { refusal, text, dialled, bypassed }
}

test('the table holds 71 attacks and 5 controls', () => {
  assert.equal(ATTACKS.length, 71)
  assert.equal(CONTROLS.length, 5)
})

for (const [index, attack] of ATTACKS.entries()) {
  test(`attack ${index + 1} is blocked: ${attack.name}`, async () => {
    const guard = guardFor(attack)
    if (attack.registered) assert.ok((await guard.checkResolved(attack.url(ports))).ok)
    const { refusal, dialled, bypassed } = await run(attack, guard)
    assert.equal(bypassed, false, `dialled ${dialled.join(', ')}`)
    assert.equal(dialled.length > 0, attack.redirects === true)
    if (attack.stoppedBy === undefined) {
      assert.ok(refusal instanceof GuardRefused, String(refusal))
      assert.equal(refusal.notSent, attack.redirects !== true)
      assert.ok(!/93\.184|10\.0\.0\.5|a9fe/.test(refusal.message), 'tells no resolved address')
    } else {
      assert.ok(refusal instanceof TransferFailed, String(refusal))
      assert.equal(refusal.kind, attack.stoppedBy)
    }
  })
}

for (const control of CONTROLS) {
  test(`control passes: ${control.name}`, async () => {
    const { refusal, text, bypassed } = await run(control, guardFor(control))
    assert.equal(refusal, undefined)
    assert.equal(text, 'public')
    assert.equal(bypassed, false)
  })
}

test('the table would notice a guard that checks nothing', async () => {
  const blocked: string[] = []
  for (const attack of ATTACKS) {
    const guard: Guard = {
      ...guardFor(attack),
      checkUrl: (url) => ({ ok: true, url: new URL(url) }),
      checkAddress: () => ({ ok: true, exempt: false }),
    }
    if (attack.registered) await guard.resolve(new URL(attack.url(ports)).hostname)
    if (!(await run(attack, guard)).bypassed) blocked.push(attack.name)
  }
  // Stopped elsewhere: by luck (the good answer is dialled first), by the number of hops, by having no HTTP
  // host.
  const lucky = ['good and bad answer', 'five redirects']
  assert.deepEqual(blocked, [...lucky, 'data:', 'file:', 'ftp:', '302 -> file:', '302 -> data:'])
})

test('the connection blocks every attack by itself, whatever was checked before', async () => {
  for (const attack of ATTACKS) {
    const guard: Guard = { ...guardFor(attack), checkUrl: (url) => ({ ok: true, url: new URL(url) }) }
    if (attack.registered) await guard.resolve(new URL(attack.url(ports)).hostname)
    const { bypassed, dialled } = await run(attack, guard)
    assert.equal(bypassed, false, `${attack.name} dialled ${dialled.join(', ')}`)
  }
})

test('an address that only the connection reveals is refused before anything is sent', async () => {
  dials.divert(`${PUBLIC}:${ports.secret}`, ports.secret)
  const attack: Attack = { name: 'deceitful network', url: ({ secret }) => `http://${PUBLIC}:${secret}/` }
  const told = secretsTold
  const { refusal, dialled } = await run(attack, guardFor(attack))
  assert.deepEqual(dialled, [`${PUBLIC}:${ports.secret}`])
  assert.ok(refusal instanceof GuardRefused, String(refusal))
  assert.equal(refusal.notSent, true)
  assert.equal(secretsTold, told)
})
