import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBody, hasFile } from './create-body.ts'

const png = (): Blob => new Blob(['png'], { type: 'image/png' })

function parts(content: string | FormData): [string, string][] {
  assert.ok(content instanceof FormData)
  return [...content].map(([name, value]) => [
    name,
    typeof value === 'string' ? value : `<${value.name} ${value.type}>`,
  ])
}

function parsed(content: string | FormData): unknown {
  assert.ok(typeof content === 'string')
  return JSON.parse(content)
}

test('without a file the body is JSON; the length is text, absent fields stay absent', () => {
  const { content, contentType } = createBody(
    { prompt: 'a', seconds: 5, seed: 0, generate_audio: false, size: undefined, metadata: { n: 1 } },
    'auto',
  )
  assert.equal(contentType, 'application/json')
  assert.deepEqual(parsed(content), {
    prompt: 'a',
    seconds: '5',
    seed: 0,
    generate_audio: false,
    metadata: { n: 1 },
  })
})

test('addresses are no files', () => {
  const params = { prompt: 'a', input_reference: ['https://h/1.png', 'https://h/2.png'] }
  assert.equal(hasFile(params), false)
  assert.deepEqual(parsed(createBody(params, 'auto').content), params)
})

test('a file makes it multipart: text first, values as JSON text, files named', () => {
  const params = {
    first_frame: png(),
    prompt: 'a',
    seconds: 5,
    seed: 7,
    generate_audio: true,
    metadata: { n: 1 },
    provider_options: { loop: false },
    size: undefined,
  }
  assert.equal(hasFile(params), true)
  const { content, contentType } = createBody(params, 'auto')
  assert.equal(contentType, undefined)
  assert.deepEqual(parts(content), [
    ['prompt', 'a'],
    ['seconds', '5'],
    ['seed', '7'],
    ['generate_audio', 'true'],
    ['metadata', '{"n":1}'],
    ['provider_options', '{"loop":false}'],
    ['first_frame', '<first_frame.png image/png>'],
  ])
})

test('several references keep their order, files and addresses mixed', () => {
  const named = new File(['jpg'], 'mine.jpg', { type: 'image/jpeg' })
  const { content } = createBody({ prompt: 'a', input_reference: [png(), 'https://h/2.png', named] }, 'auto')
  assert.deepEqual(parts(content), [
    ['prompt', 'a'],
    ['input_reference', '<input_reference.png image/png>'],
    ['input_reference', 'https://h/2.png'],
    ['input_reference', '<mine.jpg image/jpeg>'],
  ])
})

test('multipart can be asked for without a file', () => {
  assert.deepEqual(parts(createBody({ prompt: 'a', model: 'm' }, 'multipart').content), [
    ['prompt', 'a'],
    ['model', 'm'],
  ])
})
