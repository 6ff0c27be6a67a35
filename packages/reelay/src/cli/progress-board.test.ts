import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgressBoard } from './progress-board.ts'
import { completedVideo, video } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const CLEAR = '\r\u001b[2K'
const plainEnv = { NO_COLOR: '1' }

const idsOf = (text: string): string => (text.match(/(?<= )[a-d]$/gm) ?? []).join('')

test('one video is one line that is drawn in place, each second and at each change', async () => {
  const io = testIo({ terminal: { columns: 80 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  board.update(video())
  assert.equal(io.stderr.text, `${CLEAR}queued       ${'░'.repeat(24)}    0%  1m 30s\n`)
  await io.clock.untilSleeping()
  io.clock.advance(1000)
  await io.clock.untilSleeping()
  assert.ok(io.stderr.text.endsWith(`\u001b[1A${CLEAR}queued       ${'░'.repeat(24)}    0%  1m 31s\n`))
  board.update(video({ status: 'in_progress', progress: 50 }))
  const half = '█'.repeat(12) + '░'.repeat(12)
  assert.ok(io.stderr.text.endsWith(`\u001b[1A${CLEAR}in_progress  ${half}   50%  1m 31s\n`))
  board.update(completedVideo())
  assert.ok(io.stderr.text.endsWith(`${CLEAR}completed    ${'█'.repeat(24)}  100%  40s\n`))
  board.close()
  board.close()
  assert.equal(io.clock.sleeping, 0)
})

test('several videos have a line each, with their ids', () => {
  const io = testIo({ terminal: { columns: 80 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  board.update(video({ id: 'a' }))
  board.update(video({ id: 'b', progress: 100 }))
  board.update(video({ id: 'a', progress: 50 }))
  board.close()
  const last = io.stderr.text.split('\u001b[2A')
  assert.equal(last.length, 2)
  assert.match(last[1] ?? '', /50% {2}1m 30s {2}a\n\r.*100% {2}1m 30s {2}b\n$/)
})

test('a narrow terminal loses the bar, never the line', () => {
  const io = testIo({ terminal: { columns: 30 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  board.update(video())
  board.close()
  assert.equal(io.stderr.text, `${CLEAR}queued         0%  1m 30s\n`)
})

test('a terminal that does not know its width gets the usual one', () => {
  const io = testIo({ terminal: { columns: 0 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  board.update(video())
  board.close()
  assert.ok(io.stderr.text.includes('░'.repeat(24)))
})

test('without a terminal, or on a dumb one, nothing moves the cursor; for programs there is nothing', () => {
  for (const io of [testIo(), testIo({ terminal: { columns: 80 }, env: { TERM: 'dumb' } })]) {
    createProgressBoard(io, false).update(video())
    assert.equal(io.stderr.text, 'video_1  queued  0%  1m 30s\n')
  }
  const silent = testIo({ terminal: { columns: 80 } })
  createProgressBoard(silent, true).update(video())
  assert.equal(silent.stderr.text, '')
})

test('more videos than rows: open ones first, the others counted, and all of them at the end', () => {
  const io = testIo({ terminal: { columns: 80, rows: 4 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  for (const id of ['a', 'b', 'c']) board.update(video({ id }))
  const before = io.stderr.text.length
  board.update(completedVideo({ id: 'd' }))
  board.update(completedVideo({ id: 'a' }))
  const drawn = io.stderr.text.slice(before).split('\u001b[3A').slice(1)
  assert.deepEqual(drawn.map(idsOf), ['ab', 'bc'])
  assert.match(drawn[0] ?? '', /and 2 more: 1 queued, 1 completed\n$/)
  assert.match(drawn[1] ?? '', /and 2 more: 2 completed\n$/)
  board.close()
  const last = io.stderr.text.slice(before).split('\u001b[3A')[3] ?? ''
  assert.equal(idsOf(last), 'abcd')
  const length = io.stderr.text.length
  board.close()
  assert.equal(io.stderr.text.length, length)
})

test('a terminal that got lower keeps no stale line', () => {
  const io = testIo({ terminal: { columns: 80, rows: 10 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  for (const id of ['a', 'b', 'c']) board.update(video({ id }))
  io.stderr.rows = 3
  board.update(video({ id: 'a', progress: 1 }))
  assert.ok(io.stderr.text.endsWith('and 2 more: 2 queued\n\u001b[J'))
  board.close()
})

test('a remark stands above the videos and is not drawn over', () => {
  const io = testIo({ terminal: { columns: 80 }, env: plainEnv })
  const board = createProgressBoard(io, false)
  board.update(video())
  const before = io.stderr.text.length
  board.say('look here')
  board.update(video({ progress: 1 }))
  const lines = io.stderr.text.slice(before).split('\n')
  assert.equal(lines[0], `\u001b[1A${CLEAR}look here`)
  assert.ok(lines[1]?.startsWith(`${CLEAR}queued`))
  assert.ok(lines[2]?.startsWith(`\u001b[1A${CLEAR}queued`))
  board.close()
})
