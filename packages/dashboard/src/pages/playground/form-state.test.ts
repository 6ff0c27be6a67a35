import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Model, ModelCapabilities } from '@reelay/sdk'
import { createParams } from './create-params.ts'
import {
  EMPTY_FORM,
  fitForm,
  isOffered,
  isReady,
  requestFields,
  secondsError,
  type ChosenFile,
  type FormState,
} from './form-state.ts'

const capabilities: ModelCapabilities = {
  seconds: { min: 5, max: 10, values: [5, 10], default: 5 },
  sizes: [],
  ratios: ['16:9', '9:16'],
  resolutions: ['720p'],
  inputs: { first_frame: 1, last_frame: 1 },
  audio: 'never',
  frames_set_ratio: true,
  lacks: ['seed'],
}

const model: Model = { id: 'wan', object: 'model', created: 0, owned_by: 'one', capabilities, price: null }

const chosen = (role: ChosenFile['role'], name = 'a.png'): ChosenFile => ({
  id: `${role}-${name}`,
  role,
  file: new File(['x'], name, { type: 'image/png' }),
})

const names = (input: unknown) => (Array.isArray(input) ? input : [input]).map((file: File) => file.name)

const form = (patch: Partial<FormState>): FormState => ({
  ...EMPTY_FORM,
  model: 'wan',
  prompt: 'a boat',
  ...patch,
})

test('another model keeps what it can be asked for, and loses the rest', () => {
  const files = [chosen('reference'), chosen('first_frame', 'b.png'), chosen('first_frame', 'c.png')]
  const before = form({
    seconds: '4',
    size: '320x180',
    ratio: '16:9',
    seed: '7',
    audio: 'true',
    files,
    negativePrompt: 'x',
  })
  const after = fitForm(before, model)
  assert.deepEqual(
    [after.prompt, after.seconds, after.size, after.seed, after.audio, after.negativePrompt],
    ['a boat', '', '', '', '', 'x'],
  )
  assert.deepEqual(
    after.files.map(({ file }) => file.name),
    ['b.png'],
  )
  // A frame decides the ratio.
  assert.equal(after.ratio, '')
  assert.equal(fitForm(form({ ratio: '16:9', seconds: '10' }), model).ratio, '16:9')
  assert.equal(fitForm(form({ seconds: '10' }), model).seconds, '10')
})

test('a model that nobody described takes the form as it is', () => {
  const before = form({ seconds: '4', seed: '7' })
  assert.deepEqual(fitForm(before, { ...model, id: 'other', capabilities: null }), {
    ...before,
    model: 'other',
  })
})

test('a frame takes the choice of the ratio away, where the model says so', () => {
  assert.equal(isOffered('ratio', capabilities, []), true)
  assert.equal(isOffered('ratio', capabilities, [chosen('last_frame')]), false)
  assert.equal(isOffered('resolution', capabilities, [chosen('last_frame')]), true)
})

test('lengths are those of a list, or whole numbers between two', () => {
  const range = { ...capabilities, seconds: { min: 1, max: 60, values: null, default: 4 } }
  for (const text of ['', '5', '10']) assert.equal(secondsError(text, capabilities), null, text)
  for (const text of ['4', '7', 'x'])
    assert.equal(secondsError(text, capabilities), 'Take one of 5, 10.', text)
  for (const text of ['1', '60']) assert.equal(secondsError(text, range), null, text)
  for (const text of ['0', '61', '1.5', '-3', 'x'])
    assert.equal(secondsError(text, range), 'Take a whole number from 1 to 60.', text)
})

test('a request is ready with a prompt and without a mistake', () => {
  assert.equal(isReady(form({}), model), true)
  assert.equal(isReady(form({ prompt: '  ' }), model), false)
  assert.equal(isReady(form({ seconds: '7' }), model), false)
  assert.equal(isReady(form({ seed: '-1' }), model), false)
})

test('what was left to the model is not in the request', () => {
  const given = Object.entries(requestFields(form({}))).filter(([, value]) => value !== undefined)
  assert.deepEqual(given, [
    ['model', 'wan'],
    ['prompt', 'a boat'],
  ])
  const fields = requestFields(form({ seed: '0', audio: 'false', callbackUrl: ' https://a.example ' }))
  assert.deepEqual([fields.seed, fields.generate_audio, fields.callback_url], [0, false, 'https://a.example'])
})

test('files go to the fields of their roles, in their order', () => {
  const files = [chosen('reference', '1.png'), chosen('last_frame', '2.png'), chosen('reference', '3.png')]
  const params = createParams(form({ files }))
  assert.deepEqual(names(params.input_reference), ['1.png', '3.png'])
  assert.deepEqual(names(params.last_frame), ['2.png'])
  assert.deepEqual([params.first_frame, params.video], [undefined, undefined])
})
