import { jsonAnswer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import type { Dialect, EndEffect, NewId, Wish } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import { created, deleted, errorAnswer, errorOf, noSuchTask, notReady, polled, textIn } from './answers.ts'
import { arkCallback } from './callback.ts'
import { list } from './list.ts'
import { ARK_MODELS, ARK_RENDER_TIMES } from './models.ts'
import { refuse } from './refuse.ts'

const TASKS = /^\/api\/v3\/contents\/generations\/tasks$/u
const TASK = /^\/api\/v3\/contents\/generations\/tasks\/(?<id>[^/]+)$/u

/** Links are signed for a day. */
const LINK_LIFE_MS = 86_400_000

function read({ fields }: SimulatorRequest): Wish {
  return { prompt: textIn(fields), model: textField(fields, 'model') }
}

/** `cgt-20260101000000-abcde`: when it was made, and five letters or digits. */
function newId({ ids, nowMs }: NewId): string {
  const time = new Date(nowMs).toISOString().replaceAll(/\D/gu, '').slice(0, 14)
  return `cgt-${time}-${BigInt(`0x${ids.hex(8)}`)
    .toString(36)
    .padStart(5, '0')
    .slice(-5)}`
}

/** One verb for two things: what waits is cancelled, what has ended is erased. */
const DELETES: Readonly<Record<Phase, EndEffect>> = {
  queued: 'cancels',
  running: 'nothing',
  done: 'removes',
  failed: 'removes',
  error: 'removes',
  cancelled: 'nothing',
}

/** Seedance at Volcengine Ark, and at BytePlus ModelArk, which speaks the same. */
export const ark: Dialect = {
  name: 'ark',
  title: 'Volcengine Ark and BytePlus ModelArk',
  environment: (url, key) => ({ ARK_API_KEY: key, ARK_BASE_URL: url }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'doubao-seedance-1-0-pro-250528',
  models: ARK_MODELS,
  routes: [
    { kind: 'create', method: 'POST', path: TASKS, read, refuse, answer: created },
    { kind: 'list', method: 'GET', path: TASKS, answer: list },
    { kind: 'poll', method: 'GET', path: TASK, answer: polled },
    { kind: 'delete', method: 'DELETE', path: TASK, effect: (phase) => DELETES[phase], answer: deleted },
  ],
  newId,
  idKeys: ['id'],
  results: { origin: 'other', ttlMs: LINK_LIFE_MS, refreshes: false, needsKey: false },
  renderTimes: ARK_RENDER_TIMES,
  repeats: 'new-task',
  callback: arkCallback,
  error: errorAnswer,
  missing: noSuchTask,
  notReady,
  unrouted: ({ path }) =>
    errorOf(404, { code: 'InvalidAction', message: `The specified action ${path} is invalid.` }),
  bare: (id) => jsonAnswer(200, { id }),
}
