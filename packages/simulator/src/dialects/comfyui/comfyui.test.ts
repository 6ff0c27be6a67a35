import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { clipBytes } from '../../clips.ts'
import type { Phase } from '../../phase.ts'
import { listField, recordField, textField } from '../../request.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'
import { textToVideo } from '../../../test/comfyui-graph.ts'

const PHASES: Readonly<Record<string, Phase>> = {
  pending: 'queued',
  in_progress: 'running',
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** Where the files are of runs that were seen to end well. */
const places = new Map<string, string>()

function placeOf(outputs: unknown, node: string): string {
  const { images, gifs } = fieldsOf(fieldsOf(outputs)[node])
  const [file] = listField({ files: images ?? gifs }, 'files')
  const { filename, subfolder, type } = fieldsOf(file)
  const query = { filename: String(filename), subfolder: String(subfolder), type: String(type) }
  return `/view?${new URLSearchParams(query).toString()}`
}

function phaseOf({ status, body }: Reply): Phase | null {
  if (status !== 200) return null
  const { id, status: word, outputs } = fieldsOf(body)
  if (word === 'completed') places.set(String(id), placeOf(outputs, '50'))
  return PHASES[String(word)] ?? null
}

dialectContract({
  dialect: 'comfyui',
  credentials: () => ({}),
  create: (prompt, { token }) => ({
    method: 'POST',
    path: '/prompt',
    json: { prompt: textToVideo(prompt), ...(token === undefined ? {} : { client_id: token }) },
  }),
  idOf: ({ body }) => textField(recordField({ body }, 'body'), 'prompt_id'),
  // Of a run that waits the history says the same as of none.
  poll: (id) => ({ path: `/api/jobs/${id}` }),
  phaseOf,
  remove: (id) => ({ method: 'POST', path: '/queue', json: { delete: [id] } }),
  cancel: (id) => ({ method: 'POST', path: '/interrupt', json: { prompt_id: id } }),
  content: (id) => ({ path: places.get(id) ?? '/view' }),
})

type Asked = Promise<{ status: number; text: string; body: Record<string, unknown> }>

interface Opened {
  readonly simulator: Simulator
  readonly get: (path: string) => Asked
  readonly post: (path: string, value: unknown, type?: string) => Asked
}

async function opened(context: TestContext): Promise<Opened> {
  const simulator = await startSimulator({ dialect: 'comfyui' })
  context.after(() => simulator.close())
  const asked = async (path: string, init: RequestInit = {}): Asked => {
    const response = await fetch(simulator.url + path, init)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, text, body: isJson ? fieldsOf(JSON.parse(text)) : {} }
  }
  return {
    simulator,
    get: (path) => asked(path),
    post: (path, value, type = 'application/json') =>
      asked(path, { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(value) }),
  }
}

async function queued({ post }: Opened, prompt: string): Promise<string> {
  const { status, body } = await post('/prompt', { prompt: textToVideo(prompt), client_id: 'c-1' })
  assert.equal(status, 200)
  return String(body['prompt_id'])
}

test('comfyui: the history is empty until a run is over, and the queue says where it is', async (context) => {
  const server = await opened(context)
  const id = await queued(server, 'a fox')
  const lists = async (): Promise<unknown[]> => {
    const { body } = await server.get('/queue')
    return ['queue_pending', 'queue_running'].map((name) =>
      listField(body, name).map((item) => [...listField({ item }, 'item')][1]),
    )
  }
  for (const where of [
    [[id], []],
    [[], [id]],
  ]) {
    assert.deepEqual((await server.get(`/history/${id}`)).body, {})
    assert.deepEqual(await lists(), where)
  }
  assert.deepEqual((await server.get('/prompt')).body, { exec_info: { queue_remaining: 1 } })
  const entry = recordField((await server.get(`/history/${id}`)).body, id)
  const { status_str: word, completed, messages } = recordField(entry, 'status')
  assert.deepEqual([word, completed], ['success', true])
  const names = listField({ messages }, 'messages').map((message) => listField({ message }, 'message')[0])
  assert.deepEqual(names, ['execution_start', 'execution_cached', 'execution_success'])
  assert.deepEqual(recordField(recordField(entry, 'outputs'), '50')['animated'], [true])
  const [number, told, graph, extra, outputs] = listField(entry, 'prompt')
  assert.deepEqual([typeof number, told, graph, outputs], ['number', id, textToVideo('a fox'), ['50']])
  assert.equal(fieldsOf(extra)['client_id'], 'c-1')
  assert.deepEqual(await lists(), [[], []])
  const path = placeOf(entry['outputs'], '50')
  assert.match(path, /^\/view\?filename=ComfyUI_\d+_\.mp4&subfolder=video&type=output$/u)
  const video = await fetch(server.simulator.url + path)
  assert.ok(clipBytes('mp4').equals(Buffer.from(await video.arrayBuffer())))
  assert.equal((await server.get('/view?filename=ComfyUI_00001_.mp4')).status, 404)
  assert.deepEqual((await server.get('/history/none')).body, {})
  assert.deepEqual((await server.get('/api/jobs/none')).body, { error: 'Job not found' })
})

test('comfyui: a run that fails and one that is interrupted say why in their messages', async (context) => {
  const server = await opened(context)
  const end = async (id: string): Promise<readonly unknown[]> => {
    const { status_str: word, messages } = recordField(
      recordField((await server.get(`/history/${id}`)).body, id),
      'status',
    )
    const [name, data] = listField({ message: listField({ messages }, 'messages').at(-1) }, 'message')
    return [word, name, fieldsOf(data)['node_type'], fieldsOf(data)['exception_message']]
  }
  const failed = await queued(server, '[up:steps=failed][up:failed=out of memory]')
  assert.deepEqual(await end(failed), ['error', 'execution_error', 'KSampler', 'out of memory'])
  const running = await queued(server, '[up:steps=running]')
  await server.get(`/history/${running}`)
  // Without an id it stops whatever runs.
  assert.deepEqual(await server.post('/interrupt', {}), { status: 200, text: '', body: {} })
  assert.deepEqual((await server.get(`/history/${running}`)).body, {})
  assert.deepEqual(await end(running), ['error', 'execution_interrupted', 'KSampler', undefined])
  assert.equal((await server.post('/interrupt', { prompt_id: 'none' })).status, 200)
})

test('comfyui: the queue and the history are cleared, in part or whole', async (context) => {
  const server = await opened(context)
  const [one, two, running, done] = [
    await queued(server, 'one'),
    await queued(server, 'two'),
    await queued(server, '[up:steps=running]'),
    await queued(server, '[up:steps=done]'),
  ]
  for (const id of [running, done]) await server.get(`/history/${id}`)
  const known = async (): Promise<number[]> =>
    Promise.all([one, two, running, done].map(async (id) => (await server.get(`/api/jobs/${id}`)).status))
  assert.equal((await server.post('/queue', { delete: ['none', one, running, done] })).status, 200)
  assert.deepEqual(await known(), [404, 200, 200, 200])
  await server.post('/queue', { clear: true })
  assert.deepEqual(await known(), [404, 404, 200, 200])
  await server.post('/history', { clear: true })
  assert.deepEqual(await known(), [404, 404, 200, 404])
})

test('comfyui: an id that the client chose is queued, once for each time', async (context) => {
  const server = await opened(context)
  const prompt_id = '11111111-2222-8333-8444-555555555555'
  for (const front of [false, true]) {
    const { body } = await server.post('/prompt', { prompt: textToVideo('a'), prompt_id, front })
    assert.equal(body['prompt_id'], prompt_id)
  }
  assert.deepEqual(
    server.simulator.ledger.map(({ id, accepted, repeated }) => [id, accepted, repeated]),
    [
      [prompt_id, true, false],
      [prompt_id, true, false],
    ],
  )
})

const WRONG = [
  ['a value out of range', '3', { steps: 0 }, 'value_smaller_than_min', 'Value 0 smaller than min of 1'],
  [
    'a number that is none',
    '40',
    { width: 'wide' },
    'invalid_input_type',
    'Failed to convert an input value to a INT value',
  ],
  [
    'a word that is not in the list',
    '3',
    { sampler_name: 'magic' },
    'value_not_in_list',
    'Value not in list',
  ],
  ['a file of no model', '37', { unet_name: 'readme.md' }, 'value_not_in_list', 'Value not in list'],
  [
    'a link to another type',
    '8',
    { samples: ['39', 0] },
    'return_type_mismatch',
    'Return type mismatch between linked nodes',
  ],
  [
    'a link to nothing',
    '8',
    { vae: ['99', 0] },
    'exception_during_inner_validation',
    'Exception when validating inner node',
  ],
  [
    'a value where a link belongs',
    '8',
    { vae: 'wan' },
    'bad_linked_input',
    'Bad linked input, must be a length-2 list of [node_id, slot_index]',
  ],
] as const

for (const [title, id, inputs, type, message] of WRONG) {
  test(`comfyui: ${title} is an error of its node, and queues nothing`, async (context) => {
    const { simulator, post } = await opened(context)
    const prompt = textToVideo('a fox')
    Object.assign(prompt[id]!.inputs, inputs)
    const { status, body } = await post('/prompt', { prompt })
    assert.equal(status, 400)
    assert.equal(recordField(body, 'error')['type'], 'prompt_outputs_failed_validation')
    const {
      errors,
      dependent_outputs: of,
      class_type: name,
    } = recordField(recordField(body, 'node_errors'), id)
    const [first] = listField({ errors }, 'errors')
    assert.deepEqual([fieldsOf(first)['type'], fieldsOf(first)['message']], [type, message])
    assert.deepEqual([of, name], [['50'], prompt[id]!.class_type])
    assert.equal(simulator.ledger[0]!.accepted, false)
  })
}

test('comfyui: graphs that cannot be run are refused in its own words', async (context) => {
  const { post, simulator } = await opened(context)
  const typeOf = async (value: unknown): Promise<unknown[]> => {
    const { status, body } = await post('/prompt', value)
    return [status, recordField(body, 'error')['type'], recordField(body, 'error')['details']]
  }
  assert.deepEqual(await typeOf({}), [400, 'no_prompt', 'No prompt provided'])
  assert.deepEqual(await typeOf({ prompt: {} }), [400, 'prompt_no_outputs', ''])
  const custom = { ...textToVideo('a'), 60: { class_type: 'RIFE VFI', inputs: {} } }
  assert.deepEqual(await typeOf({ prompt: custom }), [400, 'missing_node_type', "Node ID '#60'"])
  assert.deepEqual(await typeOf({ prompt: { 1: {} } }), [400, 'missing_node_type', "Node ID '#1'"])
  const { 48: _none, ...incomplete } = textToVideo('a')
  assert.deepEqual(await typeOf({ prompt: incomplete }), [
    400,
    'prompt_outputs_failed_validation',
    "Exception when validating inner node: '48'",
  ])
  const response = await fetch(`${simulator.url}/prompt`, { method: 'POST', body: '{' })
  assert.deepEqual(
    [response.status, await response.text()],
    [500, '500 Internal Server Error\n\nServer got itself in trouble'],
  )
})

test('comfyui: a graph that is good in part is queued, and says what is not', async (context) => {
  const server = await opened(context)
  const prompt: Record<string, unknown> = textToVideo('[up:steps=done]')
  prompt['51'] = { class_type: 'SaveImage', inputs: { images: ['8', 0] } }
  prompt['52'] = {
    class_type: 'VHS_VideoCombine',
    inputs: {
      images: ['8', 0],
      frame_rate: 16,
      loop_count: 0,
      filename_prefix: 'wan',
      format: 'video/h264-mp4',
      pingpong: false,
      save_output: true,
    },
  }
  // As its own example sends it: labelled as a form.
  const { status, body } = await server.post('/prompt', { prompt }, 'application/x-www-form-urlencoded')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(recordField(body, 'node_errors')), ['51'])
  const id = String(body['prompt_id'])
  const { outputs } = recordField((await server.get(`/api/history/${id}`)).body, id)
  assert.deepEqual(Object.keys(fieldsOf(outputs)), ['50', '52'])
  assert.match(placeOf(outputs, '52'), /^\/view\?filename=wan_\d+\.mp4&subfolder=&type=output$/u)
})

test('comfyui: a picture is uploaded, and named by a node', async (context) => {
  const { post, simulator } = await opened(context)
  const upload = async (text: string, fields: Record<string, string> = {}): Promise<unknown> => {
    const form = new FormData()
    form.append('image', new File([text], 'boat.png', { type: 'image/png' }))
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    return (await fetch(`${simulator.url}/upload/image`, { method: 'POST', body: form })).json()
  }
  const use = async (image: string): Promise<number> => {
    const prompt: Record<string, unknown> = textToVideo('a')
    prompt['70'] = { class_type: 'LoadImage', inputs: { image } }
    prompt['71'] = { class_type: 'SaveImage', inputs: { images: ['70', 0], filename_prefix: 'x' } }
    delete prompt['50']
    return (await post('/prompt', { prompt })).status
  }
  assert.equal(await use('boat.png'), 400)
  assert.deepEqual(await upload('1'), { name: 'boat.png', subfolder: '', type: 'input' })
  assert.deepEqual(await upload('1'), { name: 'boat.png', subfolder: '', type: 'input' })
  assert.deepEqual(await upload('2'), { name: 'boat (1).png', subfolder: '', type: 'input' })
  assert.deepEqual(await upload('3', { overwrite: 'true', subfolder: 'reelay' }), {
    name: 'boat.png',
    subfolder: 'reelay',
    type: 'input',
  })
  assert.deepEqual([await use('boat.png'), await use('reelay/boat.png')], [200, 200])
  const bad = new FormData()
  bad.append('image', new File(['4'], 'x.png'))
  bad.append('subfolder', '../..')
  assert.equal((await fetch(`${simulator.url}/upload/image`, { method: 'POST', body: bad })).status, 400)
})
