import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Simulator, startSimulator } from '@reelay/simulator'
import { z } from 'zod'
import { ask, create, untilEnded, type Answer } from './client.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'

const FILE_BYTES_MAX = 20_000
const KEYED = { 'idempotency-key': 'one' }
const NO_ID = 'video_00000000000000000000000000'

let upstream: Simulator
let gateway: OpenGateway
/** A task that waits for ever, one that failed and one that completed. */
let ids: { waits: string; failed: string; done: string }
let keys: { reader: string; stranger: string }

before(async () => {
  upstream = await startSimulator({ dialect: 'comet', dripMs: 1 })
  gateway = await openGateway({
    REELAY_PROVIDERS: 'cometapi',
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: upstream.url,
    REELAY_LIMIT_FILE_BYTES: String(FILE_BYTES_MAX),
  })
  const start = async (markers: string): Promise<string> =>
    (await create(gateway, { model: 'wan2.6', prompt: `bad input ${markers}` })).id
  ids = {
    waits: await start('[up:steps=queued*]'),
    failed: await start('[up:failed=the cat ran away]'),
    done: await start(''),
  }
  await post('/v1/videos', { ...GOOD, prompt: 'first [up:steps=queued*]' }, KEYED)
  await untilEnded(gateway, ids.failed)
  await untilEnded(gateway, ids.done)
  await gateway.reelay.store.removeArtifacts(ids.done, ['spritesheet'])
  keys = {
    reader: await addKey({ name: 'reader', scopes: ['read'] }),
    stranger: await addKey({ name: 'stranger', project: await addProject('elsewhere') }),
  }
})
after(async () => {
  await gateway.stop()
  await upstream.close()
})

const post = (path: string, fields: object, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(gateway, path, {
    method: 'POST',
    body: JSON.stringify(fields),
    headers: { 'content-type': 'application/json', ...headers },
  })

async function addKey(fields: object): Promise<string> {
  return z.object({ key: z.string() }).parse((await post('/v1/keys', fields)).json).key
}

async function addProject(name: string): Promise<string> {
  return z.object({ id: z.string() }).parse((await post('/v1/projects', { name })).json).id
}

const GOOD = { model: 'wan2.6', prompt: 'a cat' }
const FRAMES = { model: 'doubao-seedance-2-0', prompt: 'a cat' }
const createWith = (fields: object): Promise<Answer> => post('/v1/videos', { ...GOOD, ...fields })
const createRaw = (body: string, type: string): Promise<Answer> =>
  ask(gateway, '/v1/videos', { method: 'POST', body, headers: { 'content-type': type } })
const createForm = (fields: Record<string, string>, file: Blob): Promise<Answer> => {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  body.append('input_reference', file, 'frame.png')
  return ask(gateway, '/v1/videos', { method: 'POST', body })
}

type Row = {
  send: () => Promise<Answer>
  status: number
  code: string
  param: string | null
  /** What the message must say: the words that tell the reader what to do. */
  says: RegExp
  type?: string
  headers?: Readonly<Record<string, RegExp>>
}

const NO_RETRY = { 'x-should-retry': /^false$/ }
const CHALLENGE = { 'www-authenticate': /^Bearer/ }
const missing = (param: string, says: RegExp) => ({
  status: 400,
  code: 'missing_required_parameter',
  param,
  says,
})
const invalid = (param: string, says: RegExp) => ({ status: 400, code: 'invalid_value', param, says })
const unknownVideo = {
  status: 404,
  code: 'video_not_found',
  param: null,
  says: /Check the id and the API key/,
}
const unauthenticated = { status: 401, code: 'invalid_api_key', param: null, headers: CHALLENGE }

const ROWS: Readonly<Record<string, Row>> = {
  'retrieve an unknown id': { ...unknownVideo, send: () => ask(gateway, `/v1/videos/${NO_ID}`) },
  'retrieve what is no id': { ...unknownVideo, send: () => ask(gateway, '/v1/videos/task_example') },
  'retrieve a foreign id': {
    ...unknownVideo,
    send: () => ask(gateway, `/v1/videos/${ids.done}`, { key: keys.stranger }),
  },
  'content of a foreign id': {
    ...unknownVideo,
    send: () => ask(gateway, `/v1/videos/${ids.done}/content`, { key: keys.stranger }),
  },
  'delete an unknown id': {
    ...unknownVideo,
    send: () => ask(gateway, `/v1/videos/${NO_ID}`, { method: 'DELETE' }),
  },
  'content while queued': {
    status: 404,
    code: 'video_not_ready',
    param: null,
    says: /Retrieve it until .* completed/,
    headers: { ...NO_RETRY, 'retry-after': /^([1-9]|[1-5]\d|60)$/ },
    send: () => ask(gateway, `/v1/videos/${ids.waits}/content`),
  },
  'content of a failed video': {
    status: 404,
    code: 'video_failed',
    param: null,
    says: /was not made: .*the cat ran away/,
    headers: NO_RETRY,
    send: () => ask(gateway, `/v1/videos/${ids.failed}/content`),
  },
  'an unknown variant': {
    ...invalid('variant', /variant must be one of video, thumbnail, spritesheet/),
    send: () => ask(gateway, `/v1/videos/${ids.done}/content?variant=gif`),
  },
  'a variant that was not made': {
    status: 404,
    code: 'variant_not_available',
    param: null,
    says: /no spritesheet/,
    headers: NO_RETRY,
    send: () => ask(gateway, `/v1/videos/${ids.done}/content?variant=spritesheet`),
  },
  'no key': {
    ...unauthenticated,
    says: /Send your API key as "Authorization: Bearer/,
    send: () => ask(gateway, '/v1/videos', { key: null }),
  },
  'an unknown key': {
    ...unauthenticated,
    says: /not known here, was revoked, or has expired. Check the key/,
    send: () => ask(gateway, '/v1/videos', { key: 'rk_nobody' }),
  },
  'a key without the scope': {
    status: 403,
    code: 'insufficient_scope',
    param: null,
    says: /lacks the scope "create"\. Use a key/,
    send: () => ask(gateway, '/v1/videos', { method: 'POST', key: keys.reader }),
  },
  'an unknown model': {
    status: 400,
    code: 'model_not_found',
    param: 'model',
    says: /"nope" is not known\. Known models: .*wan2\.6.* GET \/v1\/models/,
    send: () => createWith({ model: 'nope' }),
  },
  'no model': {
    ...missing('model', /model is required: GET \/v1\/models lists/),
    send: () => createWith({ model: null }),
  },
  'no prompt': {
    ...missing('prompt', /prompt is required: say what/),
    send: () => createWith({ prompt: null }),
  },
  'a blank prompt': {
    ...missing('prompt', /prompt is required: say what/),
    send: () => createWith({ prompt: '  ' }),
  },
  'a length that the model has not': {
    ...invalid('seconds', /wan2\.6 .*seconds is .*5.*15/),
    send: () => createWith({ seconds: '99' }),
  },
  'a size that the model has not': {
    ...invalid('size', /wan2\.6 .*size is one of .*1280x720/),
    send: () => createWith({ size: '333x333' }),
  },
  'a size that is none': {
    ...invalid('size', /size must be WIDTHxHEIGHT, for instance 1280x720/),
    send: () => createWith({ size: 'huge' }),
  },
  'a file for a model that takes none': {
    ...invalid('input_reference', /wan2\.6 cannot use these files: it takes no input files/),
    send: () => createForm(GOOD, new Blob([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')])),
  },
  'a file that is no image': {
    ...invalid('input_reference', /is not (a|an) .*: its content was looked at/),
    send: () => createForm(FRAMES, new Blob(['{"no":"image"}'])),
  },
  'an unknown field': {
    status: 400,
    code: 'unknown_parameter',
    param: 'second',
    says: /Did you mean seconds\?/,
    send: () => createWith({ second: '5' }),
  },
  'a callback_url that is none': {
    ...invalid('callback_url', /must be an absolute http or https URL/),
    send: () => createWith({ callback_url: 'nope' }),
  },
  'broken JSON': {
    status: 400,
    code: 'invalid_json',
    param: null,
    says: /not valid JSON\. Check its syntax/,
    send: () => createRaw('{', 'application/json'),
  },
  'JSON that is no object': {
    status: 400,
    code: 'invalid_json',
    param: null,
    says: /must be a JSON object, for instance/,
    send: () => createRaw('[]', 'application/json'),
  },
  'a broken form': {
    status: 400,
    code: 'invalid_multipart',
    param: null,
    says: /Check the boundary and the form/,
    send: () => createRaw('garbage', 'multipart/form-data; boundary=x'),
  },
  'another content type': {
    status: 415,
    code: 'unsupported_media_type',
    param: 'Content-Type',
    says: /Send multipart\/form-data, application\/json/,
    send: () => createRaw('hello', 'text/plain'),
  },
  'a file over the limit': {
    status: 413,
    code: 'payload_too_large',
    param: null,
    says: /20000 bytes/,
    send: () => createForm(FRAMES, new Blob([Buffer.alloc(FILE_BYTES_MAX + 1)])),
  },
  'an Idempotency-Key of another request': {
    status: 422,
    code: 'idempotency_key_reused',
    param: 'Idempotency-Key',
    says: /Use a new key for each/,
    send: () => post('/v1/videos', { ...GOOD, prompt: 'second' }, KEYED),
  },
  'remix of a video that waits': {
    status: 400,
    code: 'video_not_ready',
    param: null,
    says: /Retrieve it until .* completed/,
    send: () => post(`/v1/videos/${ids.waits}/remix`, { prompt: 'again' }),
  },
  'remix where there is none': {
    status: 400,
    code: 'operation_not_supported',
    param: null,
    says: /What works: create, retrieve/,
    send: () => post(`/v1/videos/${ids.done}/remix`, { prompt: 'again' }),
  },
  'a list that is too long': {
    ...invalid('limit', /limit .*1.*100/),
    send: () => ask(gateway, '/v1/videos?limit=101'),
  },
  'a list in no order': {
    ...invalid('order', /order must be asc or desc/),
    send: () => ask(gateway, '/v1/videos?order=up'),
  },
  'a list after nothing': {
    ...invalid('after', /after/),
    send: () => ask(gateway, `/v1/videos?after=${NO_ID}`),
  },
  'a method that the route has not': {
    status: 405,
    code: 'method_not_allowed',
    param: null,
    says: /GET/,
    headers: { allow: /^DELETE, GET, HEAD$/ },
    send: () => ask(gateway, `/v1/videos/${ids.done}`, { method: 'PUT', body: '{}' }),
  },
  'a route that is none': {
    status: 404,
    code: 'unknown_url',
    param: null,
    says: /nothing at \/v1\/nope\. See \/docs/,
    send: () => ask(gateway, '/v1/nope'),
  },
  'a link that was changed': {
    status: 401,
    code: 'invalid_signature',
    param: null,
    says: /Copy it as it was given/,
    headers: CHALLENGE,
    send: () => ask(gateway, `/v1/videos/${ids.done}/content?exp=9999999999&sig=AAAA`, { key: null }),
  },
}

const envelope = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string(),
  }),
})
const TYPES: Readonly<Record<number, string>> = { 401: 'authentication_error', 403: 'permission_error' }

async function newest(): Promise<string | null> {
  const page = (await ask(gateway, '/v1/videos?limit=1')).json
  return z.object({ first_id: z.string().nullable() }).parse(page).first_id
}

for (const [title, row] of Object.entries(ROWS)) {
  test(`${title}: ${row.status} ${row.code}`, async () => {
    const newestBefore = await newest()
    const answer = await row.send()
    const { error } = envelope.parse(answer.json)
    assert.deepEqual(
      { status: answer.status, code: error.code, param: error.param, type: error.type },
      {
        status: row.status,
        code: row.code,
        param: row.param,
        type: TYPES[row.status] ?? 'invalid_request_error',
      },
    )
    assert.match(error.message, row.says)
    // The end of a failed one is in the provider's own words.
    if (row.code !== 'video_failed') assert.match(error.message, /[.?]$/, 'a whole sentence')
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    assert.ok(answer.headers.get('x-request-id'))
    for (const [name, value] of Object.entries(row.headers ?? {}))
      assert.match(answer.headers.get(name) ?? '', value, name)
    assert.equal(await newest(), newestBefore, 'a refused request made a task')
  })
}
