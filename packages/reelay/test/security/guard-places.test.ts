import assert from 'node:assert/strict'
import dns from 'node:dns/promises'
import { after, before, suite, test } from 'node:test'
import { ATTACKS, CONTROLS, type Attack } from '../../src/net/test-attacks.ts'
import { recordDials, type Dials } from '../../src/net/test-dials.ts'
import type { LogLine } from './log-watch.ts'
import { startStandIns, type Content, type StandIns } from './stand-ins.ts'
import { stubDns, type StubbedDns } from './stub-dns.ts'
import { openUnlistening, type JsonReply, type UnlisteningGateway } from './unlistening-gateway.ts'

// The attacks of the guard's own table, through every place of the whole gateway that takes a URL. Whatever a place does
// with it, only the stand-in for the public internet and the provider itself may be dialled.

/** `ended` is true when the URL did all that its place could want of it. */
type Outcome = { ended: boolean; refusal: Refusal | null }

/** The 400 of the create, or what the log says of a later failure. */
type Refusal = { when: 'create'; param: string; message: string } | { when: 'later'; message: string }

/** A way to make the gateway request a URL. Resolves once it has done so, or has refused to. */
type Place = {
  name: string
  content: Content
  /** Whether redirects are followed, or are an answer like any other. */
  follows: boolean
  request: (url: string) => Promise<Outcome>
  /** What has to hold beside that nothing forbidden was dialled. */
  check?: (attack: Attack, outcome: Outcome) => void
}

let standIns: StandIns
let dials: Dials
let names: StubbedDns
let gateway: UnlisteningGateway
/** Of a project without videos, so that only test events are sent to it. */
let endpoint: { project: string; id: string; headers: Record<string, string> }

before(async () => {
  standIns = await startStandIns()
  gateway = await openUnlistening({
    REELAY_PROVIDERS: 'cometapi',
    COMETAPI_KEY: 'provider-key',
    COMETAPI_BASE_URL: `http://127.0.0.1:${standIns.providerPort}`,
    REELAY_ALLOW_HOSTS: `127.0.0.1:${standIns.ports.open}`,
    REELAY_WEBHOOK_SCHEDULE: '0s',
  })
  names = stubDns()
  dials = await recordDials()
  endpoint = await addEndpoint(`http://127.0.0.1:${standIns.ports.open}/`)
})
after(async () => {
  await gateway.stop()
  dials.restore()
  names.restore()
  standIns.close()
})

async function accepted(reply: Promise<JsonReply>): Promise<Record<string, unknown>> {
  const { status, body } = await reply
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

async function addEndpoint(url: string): Promise<typeof endpoint> {
  const { id } = await accepted(gateway.ask('POST', '/v1/projects', { name: 'webhooks' }))
  const project = String(id)
  const { key } = await accepted(gateway.ask('POST', '/v1/keys', { name: 'a', project, scopes: ['admin'] }))
  const headers = { authorization: `Bearer ${String(key)}` }
  const made = await accepted(gateway.ask('POST', '/v1/endpoints', { url }, headers))
  return { project, id: String(made['id']), headers }
}

const isAbout =
  (fields: Readonly<Record<string, string>>, messages: RegExp): ((line: LogLine) => boolean) =>
  (line) =>
    messages.test(line.message) &&
    Object.entries(fields).every(([name, value]) => line.fields[name] === value)

function refusalOf({ status, body }: JsonReply): Refusal {
  const { error } = body as { error: { code: string; param: string; message: string } }
  assert.deepEqual([status, error.code], [400, 'invalid_value'], error.message)
  return { when: 'create', param: error.param, message: error.message }
}

const create = (fields: object): Promise<JsonReply> =>
  gateway.ask('POST', '/v1/videos', { model: 'wan2.6', prompt: 'a cat', ...fields })

async function remove(id: string): Promise<void> {
  await accepted(gateway.ask('DELETE', `/v1/videos/${id}`))
}

/** The log's word on a delivery: the outbox sends, and then writes what came of it. */
async function untilSent(fields: Readonly<Record<string, string>>): Promise<Outcome> {
  const line = await gateway.log.until(isAbout(fields, /^a webhook was (not )?delivered$/))
  const ended = line.message === 'a webhook was delivered'
  return { ended, refusal: ended ? null : { when: 'later', message: String(line.fields['reason']) } }
}

const INPUT: Place = {
  name: 'input_reference',
  content: 'image',
  follows: true,
  request: async (url) => {
    standIns.link = null
    const reply = await create({ model: 'doubao-seedance-2-0', input_reference: url })
    if (reply.status !== 200) return { ended: false, refusal: refusalOf(reply) }
    await remove(String(reply.body['id']))
    return { ended: true, refusal: null }
  },
  check: (attack, { refusal }) => {
    assert.equal(refusal?.when, 'create')
    checkRefusal(attack, refusal, 'input_reference')
  },
}

const CALLBACK: Place = {
  name: 'callback_url',
  content: 'image',
  follows: false,
  request: async (url) => {
    standIns.link = null
    const reply = await create({ callback_url: url })
    if (reply.status !== 200) return { ended: false, refusal: refusalOf(reply) }
    return untilSent({ task: String(reply.body['id']) })
  },
  check: (attack, { refusal }) => {
    const isLiteral = attack.dns === undefined && attack.redirects !== true
    assert.equal(refusal?.when, isLiteral ? 'create' : 'later')
    if (refusal?.when === 'create') checkRefusal(attack, refusal, 'callback_url')
  },
}

/** Past the check at registration, as after a change of the allow list: what is sent is checked by itself. */
const ENDPOINT: Place = {
  name: 'an endpoint of webhooks',
  content: 'image',
  follows: false,
  request: async (url) => {
    const { project, id, headers } = endpoint
    await gateway.reelay.store.webhooks.updateEndpoint(project, id, { url })
    const delivery = await accepted(gateway.ask('POST', `/v1/endpoints/${id}/test`, undefined, headers))
    return untilSent({ delivery: String(delivery['id']) })
  },
}

const RESULT: Place = {
  name: "a provider's result link",
  content: 'video',
  follows: true,
  request: async (url) => {
    standIns.link = url
    const { id } = await accepted(create({}))
    const task = String(id)
    const archived = gateway.log.until(isAbout({ task }, /^an output was not archived$/))
    const line = await Promise.race([archived, untilCompleted(task)])
    await remove(task)
    if (line === null) return { ended: true, refusal: null }
    return { ended: false, refusal: { when: 'later', message: String(line.fields['reason']) } }
  },
}

/** Null once the video is completed. Held by the gateway itself; a bound of looks, not of time. */
async function untilCompleted(id: string): Promise<null> {
  for (let look = 0; look < 40; look += 1) {
    const { body } = await gateway.ask('GET', `/v1/videos/${id}`, undefined, { prefer: 'wait=10' })
    if (body['status'] === 'completed') return null
    // Deleted, because its archive step has already been seen to fail.
    if (body['error'] != null) return new Promise(() => {})
  }
  throw new Error(`${id} came to no end`)
}

/** Attacks that no setting would allow: what is wrong is no address, or a name that leads to a metadata service. */
const NO_SETTING: readonly string[] = [
  'userinfo',
  'five redirects',
  'name -> metadata',
  'metadata.google.internal',
  'name -> NAT64 of metadata',
  'data:',
  'file:',
  'ftp:',
  '302 -> file:',
  '302 -> data:',
]

function checkRefusal(attack: Attack, refusal: Refusal & { when: 'create' }, param: string): void {
  assert.equal(refusal.param, param)
  assert.ok(refusal.message.startsWith(param), refusal.message)
  assert.equal(/REELAY_ALLOW_HOSTS/.test(refusal.message), !NO_SETTING.includes(attack.name), refusal.message)
  assert.ok(!/93\.184|10\.0\.0\.5|a9fe/.test(refusal.message), 'tells no resolved address')
}

/** Runs one URL through a place and tells what was dialled. */
async function run(place: Place, attack: Attack): Promise<Outcome & { dialled: readonly string[] }> {
  names.answerFor(attack)
  standIns.content = place.content
  const url = attack.url(standIns.ports)
  if (attack.registered) await dns.lookup(new URL(url).hostname)
  const from = dials.seen.length
  const outcome = await place.request(url)
  const provider = `127.0.0.1:${standIns.providerPort}`
  return { ...outcome, dialled: dials.seen.slice(from).filter((address) => address !== provider) }
}

const PLACES: readonly Place[] = [INPUT, CALLBACK, ENDPOINT, RESULT]

for (const place of PLACES) {
  suite(place.name, () => {
    for (const [index, attack] of ATTACKS.entries()) {
      test(`attack ${index + 1} is blocked: ${attack.name}`, async () => {
        const told = standIns.secretsTold
        const outcome = await run(place, attack)
        const standIn = `127.0.0.1:${standIns.ports.open}`
        assert.equal(standIns.secretsTold, told, 'the secret server was reached')
        assert.deepEqual(
          outcome.dialled.filter((address) => address !== standIn),
          [],
        )
        assert.equal(outcome.dialled.length > 0, attack.redirects === true, outcome.dialled.join(', '))
        assert.equal(outcome.ended, false)
        place.check?.(attack, outcome)
      })
    }

    test('the attacks leave no file', async () => {
      assert.deepEqual(await gateway.storedFiles(), [])
    })

    for (const control of CONTROLS) {
      const passes = place.follows || control.redirects !== true
      test(`control ${passes ? 'passes' : 'is not followed'}: ${control.name}`, async () => {
        const { ended, dialled, refusal } = await run(place, control)
        assert.equal(ended, passes, refusal?.message)
        assert.ok(dialled.length > 0)
      })
    }
  })
}
