import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrangeInputs } from './arrange-inputs.ts'
import type { InputFile } from './provider.ts'

const file = (role: InputFile['role'], filename: string): InputFile => ({
  role,
  filename,
  mime: 'image/png',
  bytes: 0,
  read: async () => new Uint8Array(),
  publicUrl: () => '',
})

function namesOf(files: readonly InputFile[], takesReferences: boolean): unknown {
  const arranged = arrangeInputs(files, { takesReferences })
  if ('refused' in arranged) return arranged.refused
  const { firstFrame, lastFrame, references } = arranged
  return [firstFrame?.filename, lastFrame?.filename, references.map(({ filename }) => filename)]
}

test('files are sorted by role, whatever their order', () => {
  const frames = [file('last_frame', 'l'), file('first_frame', 'f')]
  assert.deepEqual(namesOf(frames, false), ['f', 'l', []])
  assert.deepEqual(namesOf([], true), [undefined, undefined, []])
})

test('references stay references where the model takes them, and are frames where it does not', () => {
  const references = [file('reference', 'a'), file('reference', 'b')]
  assert.deepEqual(namesOf(references, true), [undefined, undefined, ['a', 'b']])
  assert.deepEqual(namesOf(references, false), ['a', 'b', []])
})

test('no file is ever dropped: what has no place is refused', () => {
  const [a, b, c] = [file('reference', 'a'), file('reference', 'b'), file('reference', 'c')]
  assert.match(String(namesOf([a, b, c], false)), /two files at most/)
  assert.match(String(namesOf([a, file('first_frame', 'f')], true)), /not both together/)
  assert.match(String(namesOf([a, file('last_frame', 'l')], false)), /not both together/)
  assert.match(String(namesOf([file('first_frame', 'f'), file('first_frame', 'g')], true)), /one first_frame/)
  assert.match(String(namesOf([file('last_frame', 'l'), file('last_frame', 'm')], true)), /one last_frame/)
  assert.match(String(namesOf([file('video', 'v')], true)), /pictures only/)
})
