import { StorageUnavailable, type StagedFile } from '../files/files.ts'
import { fenceOfName, outputFolder, storageKey } from '../files/storage-key.ts'
import type { ArchiveOutcome } from '../observability/observer.ts'
import { stopwatch, type Lap } from '../observability/stopwatch.ts'
import { OutputGone, type OpenedOutput, type Provider } from '../providers/provider.ts'
import type { Artifact, Claim } from '../store/store.ts'
import { decideArchiveFault, decideStored, type ArchiveFault } from '../task/decide-archive.ts'
import { decideCancel } from '../task/decide-end.ts'
import { decideNoProvider } from '../task/decide-submit.ts'
import { filesKeptMs } from '../task/retention.ts'
import type { Task } from '../task/task.ts'
import type { Operation, Output } from '../task/verdict.ts'
import { commitDecision, dueOf } from './commit.ts'
import type { EngineContext } from './context.ts'
import { messageOf } from './message-of.ts'
import { momentOf } from './moment.ts'
import { makeStills } from './make-stills.ts'
import type { Step } from './step.ts'
import { watchCancel } from './watch-cancel.ts'

/** A downloaded output is a file that is not what it should be: not a video, cut short, empty. */
class BadOutput extends Error {
  override readonly name = 'BadOutput'
}

/** Assumed of a link whose end nobody tells: as short as the shortest life that a provider documents. */
const LINK_LIFE_MS = 3_600_000

/** Those whose link dies first are fetched first. */
const linkEndsAtMs = ({ clock }: EngineContext, { outputsExpireAtMs }: Task): number =>
  outputsExpireAtMs ?? clock.nowMs() + LINK_LIFE_MS

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
  let lap = stopwatch(context.clock)
  try {
    using _slot = await context.downloads.slots.take(signal, linkEndsAtMs(context, task))
    lap = stopwatch(context.clock)
    await removeEarlier(context, claim)
    await fetchAll(context, claim, provider, operation, signal, kept)
  } catch (error) {
    await discard(context, kept)
    if (lease.signal.aborted) throw error
    const moment = momentOf(context, claim, account)
    const fault = faultOf(error)
    const isCancelled = cancel.signal.aborted
    const decision = isCancelled
      ? decideCancel(task, 'not_needed', moment)
      : decideArchiveFault(task, fault, moment)
    const outcome: ArchiveOutcome = isCancelled ? 'cancelled' : fault.kind
    context.observer.archived({ task, account, outcome, bytes: 0, lap: lap() })
    context.log.warn(
      { task: task.id, reason: messageOf(error), to: decision.to },
      'an output was not archived',
    )
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  await context.checkpoint('archive.kept', task.id)
  return complete(context, claim, { account, lap: lap() }, kept)
}

/** A commit whose answer was lost may have landed, so its files stay: only a refused one discards them. */
async function complete(
  context: EngineContext,
  claim: Claim,
  { account, lap }: { account: string; lap: Lap },
  kept: readonly Artifact[],
): Promise<number | null> {
  const video = kept.find((artifact) => artifact.role === 'video')
  if (video === undefined) throw new Error('an archive without a video')
  const project = await context.store.findProject(claim.task.projectId)
  const keptMs = filesKeptMs(context.retention, project?.limits.retentionSeconds)
  const { nowMs } = momentOf(context, claim, account)
  const decision = decideStored(claim.task, video, { nowMs, keptMs })
  const outcome = await commitDecision(context, claim, claim.task, decision, { artifacts: kept })
  await context.checkpoint('archive.committed', claim.taskId)
  if (outcome.kind !== 'committed') await discard(context, kept)
  else {
    const bytes = kept.reduce((sum, artifact) => sum + (artifact.role === 'video' ? artifact.bytes : 0), 0)
    context.observer.archived({ task: claim.task, account, outcome: 'stored', bytes, lap })
  }
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
    // Given back when the file is gone.
    using room = new DisposableStack()
    await using staged = await stageFile(context)
    const open = (): Promise<OpenedOutput> => provider.open(output, operation, signal)
    const granted = await openWithRoom(context, open, signal, linkEndsAtMs(context, task))
    room.use(granted.room)
    await context.checkpoint('archive.opened', task.id)
    const file = await write(staged, granted.opened, granted.bytesMax, signal)
    const facts = await probe(context, staged, output)
    const key = storageKey(task, claim.fence, 'video', index, facts.mime)
    const source = { path: staged.path, durationMs: facts.durationMs }
    // Noted before anything else can fail, so that they are discarded with the rest.
    if (index === 0) kept.push(...(await makeStills(context, claim, source, signal)))
    await staged.keep(key, signal)
    kept.push({
      role: 'video',
      index,
      storageKey: key,
      ...file,
      ...facts,
      codec: facts.codecs ?? facts.codec,
    })
  }
}

async function stageFile(context: EngineContext): Promise<StagedFile & AsyncDisposable> {
  const staged = await context.files.stage()
  return {
    path: staged.path,
    write: (source, bytesMax) => staged.write(source, bytesMax),
    keep: (key, signal) => staged.keep(key, signal),
    discard: () => staged.discard(),
    [Symbol.asyncDispose]: () => staged.discard(),
  }
}

/** An output, and the room that is kept for it: as much as it says that it has, or as may be. */
type OpenedWithRoom = { opened: OpenedOutput; bytesMax: number; room: Disposable }

/** Whoever waits for room holds no connection, which would die meanwhile. */
async function openWithRoom(
  { downloads }: EngineContext,
  open: () => Promise<OpenedOutput>,
  signal: AbortSignal,
  byMs: number,
): Promise<OpenedWithRoom> {
  const opened = await open()
  const bytesMax = Math.min(opened.bytes ?? downloads.bytesMax, downloads.bytesMax)
  const free = downloads.room.tryTake(bytesMax)
  if (free !== undefined) return { opened, bytesMax, room: free }
  opened.close()
  using taken = new DisposableStack()
  taken.use(await downloads.room.take(signal, byMs, bytesMax))
  return { opened: await open(), bytesMax, room: taken.move() }
}

async function write(
  staged: StagedFile,
  opened: OpenedOutput,
  bytesMax: number,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  try {
    const file = await staged.write(untilAborted(opened.body, signal), bytesMax)
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
  if (error instanceof StorageUnavailable) return { kind: 'storage_full', detail }
  return { kind: 'download_failed', detail }
}
