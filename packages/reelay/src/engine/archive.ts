import { StorageFull, type StagedFile } from '../files/files.ts'
import { fenceOfName, outputFolder, storageKey } from '../files/storage-key.ts'
import { OutputGone, type Provider } from '../providers/provider.ts'
import type { Artifact, Claim } from '../store/store.ts'
import { decideArchiveFault, decideStored, type ArchiveFault } from '../task/decide-archive.ts'
import { decideCancel } from '../task/decide-end.ts'
import { decideNoProvider } from '../task/decide-submit.ts'
import type { Operation, Output } from '../task/verdict.ts'
import { commitDecision, dueOf } from './commit.ts'
import type { EngineContext } from './context.ts'
import { messageOf } from './message-of.ts'
import { momentOf } from './moment.ts'
import { makePoster } from './make-poster.ts'
import type { Step } from './step.ts'
import { watchCancel } from './watch-cancel.ts'

/** A downloaded output is a file that is not what it should be: not a video, cut short, empty. */
class BadOutput extends Error {
  override readonly name = 'BadOutput'
}

/** Brings the bytes here: stream, probe, hash, keep, and only then `completed`. */
export const archive: Step = async (context, claim, lease) => {
  const { task } = claim
  const account = task.attempt?.account ?? ''
  const provider = context.providers.get(account)
  const operation = task.attempt?.operation
  if (provider === undefined || operation == null) {
    const decision = decideNoProvider(task, momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  using cancel = watchCancel(context.store, task.id)
  const signal = AbortSignal.any([lease.signal, cancel.signal])
  const kept: Artifact[] = []
  try {
    using _slot = await context.downloads.slots.take(signal)
    await removeEarlier(context, claim)
    await fetchAll(context, claim, provider, operation, signal, kept)
  } catch (error) {
    await discard(context, kept)
    if (lease.signal.aborted) throw error
    const moment = momentOf(context, claim, account)
    const decision = cancel.signal.aborted
      ? decideCancel(task, 'not_needed', moment)
      : decideArchiveFault(task, faultOf(error), moment)
    context.log.warn(
      { task: task.id, reason: messageOf(error), to: decision.to },
      'an output was not archived',
    )
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  await context.checkpoint('archive.kept', task.id)
  return complete(context, claim, account, kept)
}

/** A commit whose answer was lost may have landed, so its files stay: only a refused one discards them. */
async function complete(
  context: EngineContext,
  claim: Claim,
  account: string,
  kept: readonly Artifact[],
): Promise<number | null> {
  const video = kept.find((artifact) => artifact.role === 'video')
  if (video === undefined) throw new Error('an archive without a video')
  const decision = decideStored(claim.task, video, momentOf(context, claim, account).nowMs)
  const outcome = await commitDecision(context, claim, claim.task, decision, { artifacts: kept })
  await context.checkpoint('archive.committed', claim.taskId)
  if (outcome.kind !== 'committed') await discard(context, kept)
  return dueOf(decision, outcome)
}

/**
 * What earlier holders of the lease kept and could not commit: nothing refers to it, and nothing ever will. A later
 * holder's files stay, in case this one only believes that the task is its own.
 */
async function removeEarlier({ files }: EngineContext, { taskId, fence }: Claim): Promise<void> {
  const folder = outputFolder(taskId)
  for (const name of await files.names(folder)) {
    if ((fenceOfName(name) ?? fence) < fence) await files.remove(`${folder}/${name}`)
  }
}

async function fetchAll(
  context: EngineContext,
  claim: Claim,
  provider: Provider,
  operation: Operation,
  signal: AbortSignal,
  kept: Artifact[],
): Promise<void> {
  const { task } = claim
  const videos = (task.outputs ?? []).filter((output) => output.role === 'video')
  if (videos.length === 0) throw new BadOutput('the provider named no video among its outputs')
  for (const [index, output] of videos.entries()) {
    await using staged = await stageFile(context)
    const opened = await provider.open(output, operation, signal)
    await context.checkpoint('archive.opened', task.id)
    const file = await write(context, staged, opened, signal)
    const facts = await probe(context, staged, output)
    const key = storageKey(task, claim.fence, 'video', index, facts.mime)
    const poster = index === 0 ? await makePoster(context, claim, staged.path, signal) : undefined
    // Noted before anything else can fail, so that it is discarded with the rest.
    if (poster !== undefined) kept.push(poster)
    await staged.keep(key)
    kept.push({ role: 'video', index, storageKey: key, ...file, ...facts })
  }
}

async function stageFile(context: EngineContext): Promise<StagedFile & AsyncDisposable> {
  const staged = await context.files.stage()
  return {
    path: staged.path,
    write: (source, bytesMax) => staged.write(source, bytesMax),
    keep: (key) => staged.keep(key),
    discard: () => staged.discard(),
    [Symbol.asyncDispose]: () => staged.discard(),
  }
}

async function write(
  context: EngineContext,
  staged: StagedFile,
  opened: Awaited<ReturnType<Provider['open']>>,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  try {
    const file = await staged.write(untilAborted(opened.body, signal), context.downloads.bytesMax)
    if (file.bytes === 0) throw new BadOutput('the output is empty')
    if (opened.bytes !== null && opened.bytes !== file.bytes) {
      throw new BadOutput(`the output was cut short: ${file.bytes} of ${opened.bytes} bytes`)
    }
    return file
  } finally {
    opened.close()
  }
}

async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    signal.throwIfAborted()
    yield chunk
  }
}

async function probe(
  context: EngineContext,
  staged: StagedFile,
  output: Output,
): ReturnType<EngineContext['inspector']['probe']> {
  try {
    return await context.inspector.probe(staged.path)
  } catch (error) {
    throw new BadOutput(`the ${output.role} is not a playable video: ${messageOf(error)}`, { cause: error })
  }
}

async function discard(context: EngineContext, kept: readonly Artifact[]): Promise<void> {
  for (const artifact of kept) await context.files.remove(artifact.storageKey).catch(() => undefined)
}

function faultOf(error: unknown): ArchiveFault {
  const detail = messageOf(error)
  if (error instanceof OutputGone) return { kind: 'link_dead', detail }
  if (error instanceof StorageFull) return { kind: 'storage_full', detail }
  return { kind: 'download_failed', detail }
}
