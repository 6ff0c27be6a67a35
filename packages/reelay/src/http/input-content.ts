import { isTerminal } from '../task/state.ts'
import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { sendFile } from './send-file.ts'
import { signLink, verifyLink, type LinkKeys } from './signed-link.ts'

export type InputLink = {
  publicUrl: string
  linkKeys: LinkKeys
  taskId: string
  /** The input's place among the task's inputs, from 0. */
  index: number
  expiresAtMs: number
}

/** A link with which a provider fetches one input of a task. */
export function inputUrl({ publicUrl, linkKeys, taskId, index, expiresAtMs }: InputLink): string {
  const id = `${taskId}.${index}`
  return `${publicUrl}/v1/inputs/${id}?${signLink(linkKeys, { kind: 'input', id }, expiresAtMs)}`
}

/** `GET`, `HEAD /v1/inputs/{id}`: by a signed link only. */
export async function inputContent(exchange: Exchange): Promise<Response> {
  const { clock, files, settings, store } = exchange.shared
  const query = new URL(exchange.request.url).searchParams
  const id = exchange.context.req.param('id') ?? ''
  const [, taskId = '', index = ''] = /^(video_[0-9a-z]{26})\.(\d{1,3})$/.exec(id) ?? []
  if (taskId === '') throw inputNotFound()
  const subject = { kind: 'input', id } as const
  verifyLink(settings.linkKeys, {
    subject,
    exp: query.get('exp'),
    sig: query.get('sig'),
    nowMs: clock.nowMs(),
  })
  const task = await store.loadTask(taskId)
  // Its files may outlive it by a moment: nothing of an ended task is handed out.
  if (task === undefined || task.deletedAtMs !== null || isTerminal(task.state)) throw inputNotFound()
  const artifacts = await store.artifacts(taskId)
  const artifact = artifacts.find(
    (candidate) => candidate.role === 'input' && candidate.index === Number(index),
  )
  if (artifact === undefined) throw inputNotFound()
  const answer = await sendFile({
    request: exchange.request,
    files,
    artifact,
    filename: `input-${index}`,
    headers: { 'cache-control': 'no-store' },
    disposition: 'attachment',
  })
  if (answer === undefined) throw inputNotFound()
  return answer
}

const inputNotFound = (): ApiError =>
  new ApiError('input_not_found', 'There is no such input file. It is removed when its task ends.')
