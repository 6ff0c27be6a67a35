import assert from 'node:assert/strict'
import { test } from 'node:test'
import { optionsOf, parseWorkflow, promptIdOf } from './request.ts'

const node = (inputs: object): object => ({ class_type: 'A', inputs })

const BAD_WORKFLOWS: readonly [title: string, workflow: unknown, words: RegExp][] = [
  ['the format of the editor', { nodes: [{ id: 1 }], links: [] }, /"bad" is not in API format/],
  ['a node without a class', { 1: { inputs: {} } }, /not in API format/],
  ['an empty graph', {}, /not in API format/],
  ['a list', [node({})], /not in API format/],
  ['nothing', null, /not in API format/],
  ['a place that nothing fills', { 1: node({ x: 'a {{promt}} b' }) }, /"\{\{promt\}\}" that nothing fills/],
  ['frames without a rate', { 1: node({ x: '{{frames}}' }) }, /"\{\{frames\}\}" that nothing fills/],
  ['a reference without a number', { 1: node({ x: '{{reference_0}}' }) }, /"\{\{reference_0\}\}"/],
]

for (const [title, workflow, words] of BAD_WORKFLOWS) {
  test(`parseWorkflow: ${title} is no workflow`, () => {
    assert.throws(() => parseWorkflow('bad', workflow), { name: 'TypeError', message: words })
  })
}

test('parseWorkflow: all places, wherever they are', () => {
  const graph = {
    1: node({ a: ['{{reference_2=}}', { b: '{{frames@16=81}} and {{ option.cfg = 7.5 }}' }], c: 3 }),
  }
  assert.deepEqual(parseWorkflow('x', graph).places, [
    { name: 'reference_2', framesPerSecond: 0, fallback: '' },
    { name: 'frames', framesPerSecond: 16, fallback: '81' },
    { name: 'option.cfg', framesPerSecond: 0, fallback: '7.5' },
  ])
})

test('optionsOf: each option once', () => {
  const workflows = [
    parseWorkflow('a', { 1: node({ x: '{{option.steps}}', y: '{{option.cfg}}' }) }),
    parseWorkflow('b', { 1: node({ x: '{{option.steps}}', y: '{{prompt}}' }) }),
  ]
  assert.deepEqual(optionsOf(workflows), ['steps', 'cfg'])
})

test('promptIdOf: a canonical UUID, the same for the same token', () => {
  const id = promptIdOf('token_1')
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(promptIdOf('token_1'), id)
  assert.notEqual(promptIdOf('token_2'), id)
})
