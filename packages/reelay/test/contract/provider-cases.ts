import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, type Reply } from './fault-server.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'

const signal = new AbortController().signal

/** Answers to a look at the accepted job that are not the provider's word on it. */
export function noVerdictCases(
  name: string,
  subject: ProviderSubject,
  cases: Readonly<Record<string, Reply>>,
): void {
  for (const [title, reply] of Object.entries(cases)) {
    test(`${name} probe: ${title} is no verdict`, async (context) => {
      const { provider } = await openSubject(context, subject, answer(reply))
      const look = provider.probe(subject.accepted.operation, signal)
      await assert.rejects(look, { name: 'ProbeUnavailable' })
    })
  }
}

export type RefusalCase = readonly [
  title: string,
  model: string,
  request: object,
  files: string[],
  words: RegExp,
]

/** Requests that the provider could not serve: refused here, in words that say why, before anything is sent. */
export function refusalCases(name: string, subject: ProviderSubject, cases: readonly RefusalCase[]): void {
  for (const [title, model, given, roles, words] of cases) {
    test(`${name} start: ${title}: refused, and nothing is sent`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
      const inputs = roles.map((role) => inputFile(role as 'reference', 'x'))
      const request = { ...plainRequest(model), ...given }
      const outcome = await provider.start(startRequest(model, { request, inputs }))
      assert.ok(outcome.kind === 'rejected')
      assert.equal(outcome.code, 'invalid_input')
      assert.match(outcome.detail, words)
      assert.equal(upstream.posts(), 0)
    })
  }
}

export type CancelCase = readonly [title: string, reply: Reply, outcome: 'cancelled' | 'refused' | null]

/** What answers to a cancel mean; null: they do not tell. */
export function cancelCases(
  name: string,
  subject: ProviderSubject,
  { request, cases }: { request: readonly [method: string, path: string]; cases: readonly CancelCase[] },
): void {
  for (const [title, reply, outcome] of cases) {
    test(`${name} cancel: ${title} is ${outcome ?? 'no answer'}`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, answer(reply))
      const cancelled = provider.cancel?.(subject.accepted.operation, signal)
      if (outcome === null) await assert.rejects(async () => cancelled, { name: 'ProbeUnavailable' })
      else assert.equal(await cancelled, outcome)
      const [seen] = upstream.seen
      assert.deepEqual([seen?.method, seen?.path, seen?.body], [...request, ''])
    })
  }
}
