import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AiSdkModel } from '../../src/providers/ai-sdk/options.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import { answer, json, reset, silence, type Behaviour } from '../contract/fault-server.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import { MODEL, openModel, plainModel } from './open-package.ts'
import { PACKAGES } from './packages.ts'

const asked = () => startRequest(MODEL, { request: plainRequest(MODEL) })

const accepts = (name: string): Behaviour => answer(json(200, PACKAGES[name]!.created))

test('a rehearsed start that sends past our fetch is not sent a second time', async (context) => {
  const bridge = await openModel(context, accepts('xai'), (baseUrl) => ({
    // The fetch is taken, and another one is used.
    model: ({ fetch: _unused }) => PACKAGES['xai']!.make(baseUrl, globalThis.fetch),
  }))
  const outcome = await bridge.provider.start(asked())
  assert.equal(outcome.kind, 'accepted')
  assert.equal(bridge.upstream.posts(), 1)
  const lost = await openModel(context, reset, (baseUrl) => ({
    model: ({ fetch: _unused }) => PACKAGES['xai']!.make(baseUrl, globalThis.fetch),
  }))
  await assert.rejects(lost.provider.start(asked()), SubmitUnknown)
  assert.equal(lost.upstream.posts(), 1)
})

const sendingPast = (baseUrl: string): AiSdkModel => ({
  // The fetch is taken, and another one is used.
  model: ({ fetch: _unused }) =>
    plainModel(baseUrl, globalThis.fetch, {
      doStart: async () => {
        await globalThis.fetch(`${baseUrl}/jobs`, { method: 'POST', body: '{}' })
        throw new Error('It was not what was hoped for.')
      },
    }),
})

test('a start past our fetch is never called unsent: it may have been taken', async (context) => {
  const failing = await openModel(context, answer(json(500, {})), sendingPast)
  await assert.rejects(failing.provider.start(asked()), SubmitUnknown)
  assert.equal(failing.upstream.posts(), 1)
  const hanging = await openModel(context, silence, sendingPast)
  const controller = new AbortController()
  const started = hanging.provider.start(startRequest(MODEL, { signal: controller.signal }))
  await hanging.upstream.untilSeen(1)
  controller.abort()
  await assert.rejects(started, SubmitUnknown)
  const late = await hanging.provider.start(startRequest(MODEL, { mayStillSend: () => false }))
  assert.equal(late.kind, 'not_sent')
  assert.equal(hanging.upstream.posts(), 1)
})

const instance = (baseUrl: string): AiSdkModel => ({
  model: PACKAGES['xai']!.make(baseUrl, globalThis.fetch),
})

test('a model that was made without our fetch: its words are all that there is', async (context) => {
  const { provider, upstream } = await openModel(context, accepts('xai'), instance)
  const outcome = await provider.start(asked())
  assert.ok(outcome.kind === 'accepted')
  assert.equal(outcome.operation['origin'], null)
  assert.equal(upstream.posts(), 1)
  const late = await provider.start(startRequest(MODEL, { mayStillSend: () => false }))
  assert.equal(late.kind, 'not_sent')
  assert.equal(upstream.posts(), 1)
  const lost = await openModel(context, reset, instance)
  await assert.rejects(lost.provider.start(asked()), SubmitUnknown)
  const refusing = await openModel(context, answer(json(401, { error: 'no' })), instance)
  const refused = await refusing.provider.start(asked())
  assert.equal(refused.kind === 'rejected' ? refused.code : refused.kind, 'account')
})
