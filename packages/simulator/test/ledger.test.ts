import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openLedger, readLedger, readLedgerRecords, type LedgerEntry } from '../src/ledger.ts'
import { summarise } from '../src/summarise.ts'

function ledgerPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'simulator-ledger-'))
  context.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'ledger.jsonl')
}

function entry(id: string): LedgerEntry {
  return {
    kind: 'create',
    at: 1,
    id,
    dialect: 'comet',
    path: '/v1/videos',
    key: '',
    model: 'm',
    prompt: 'two\nlines',
    headers: {},
    fields: {},
    files: [],
    accepted: true,
    repeated: false,
    clientToken: null,
    callbackUrl: null,
    fault: null,
    remixOf: null,
    render: null,
  }
}

test('a ledger that does not exist is empty', () => {
  assert.deepEqual(readLedger('/nonexistent/ledger.jsonl'), [])
})

test('what is appended is there while the ledger is open, creates apart from the rest', (context) => {
  const path = ledgerPath(context)
  const ledger = openLedger(path)
  context.after(() => ledger.close())
  ledger.append(entry('a'))
  ledger.append({ kind: 'poll', id: 'a', polls: 1, finishedAtMs: null })
  ledger.append(entry('b'))
  assert.deepEqual(readLedger(path), [entry('a'), entry('b')])
  assert.equal(readLedgerRecords(path).length, 3)
})

test('a torn last line is no entry, and the next one starts a line of its own', (context) => {
  const path = ledgerPath(context)
  const first = openLedger(path)
  first.append(entry('a'))
  first.close()
  appendFileSync(path, '{"kind":"create","id":"to')
  assert.deepEqual(readLedger(path), [entry('a')])
  const second = openLedger(path)
  second.append(entry('b'))
  second.close()
  assert.deepEqual(readLedger(path), [entry('a'), entry('b')])
  assert.equal(readFileSync(path, 'utf8').includes('"to'), false)
})

test('nothing is written through a ledger that was closed', (context) => {
  const path = ledgerPath(context)
  const ledger = openLedger(path)
  ledger.close()
  assert.throws(() => ledger.append(entry('late')), /is closed/u)
  assert.deepEqual(readLedger(path), [])
})

test('a summary counts jobs, not requests', () => {
  const token = { ...entry('b'), prompt: 'p', clientToken: 't' }
  const summary = summarise([
    entry('a'),
    { ...entry('a'), accepted: false, id: null },
    token,
    { ...token, repeated: true },
    { ...token, id: 'c' },
  ])
  assert.deepEqual(summary, {
    jobs: 3,
    refused: 1,
    repeated: 1,
    jobsByPrompt: { 'two\nlines': 1, p: 2 },
    jobsByClientToken: { t: 2 },
    mostByPrompt: 2,
    mostByClientToken: 2,
  })
})

test('a file that is no ledger is not read as one', (context) => {
  const path = ledgerPath(context)
  appendFileSync(path, '{"kind":"shopping"}\n')
  assert.throws(() => readLedger(path), /no ledger of the simulator/u)
})
