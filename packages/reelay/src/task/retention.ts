/** How long things are kept once a task has ended; null: for good. */
export type Retention = Readonly<{
  /** The files of a completed video. A project may have its own. */
  filesMs: number | null
  /** Everything that the database knows of a task: its files go with it. */
  recordsMs: number | null
  /** Raw callbacks, the attempts of deliveries, tests of endpoints: what is only read to find out what happened. */
  logsMs: number | null
}>

/**
 * How long the files of a project's videos are kept: never longer than their records, without which nobody could ask for them.
 * @param ownSeconds the project's own; null: for good, undefined: it has none
 */
export function filesKeptMs(
  { filesMs, recordsMs }: Retention,
  ownSeconds: number | null | undefined,
): number | null {
  const chosenMs = ownSeconds === undefined ? filesMs : ownSeconds === null ? null : ownSeconds * 1_000
  const keptMs = Math.min(chosenMs ?? Infinity, recordsMs ?? Infinity)
  return keptMs === Infinity ? null : keptMs
}

/** Whole seconds, as clients are told: the files are there until the second that they saw. */
export const expiryOf = (completedAtMs: number, keptMs: number | null): number | null =>
  keptMs === null ? null : Math.ceil((completedAtMs + keptMs) / 1_000) * 1_000

export const isExpired = ({ expiresAtMs }: { expiresAtMs: number | null }, nowMs: number): boolean =>
  expiresAtMs !== null && nowMs >= expiresAtMs
