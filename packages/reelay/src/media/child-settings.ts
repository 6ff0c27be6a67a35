/** What the child is started with. Plain strings and numbers: they travel as arguments. */
export interface ChildSettings {
  /** The child ends by itself after this long without a job. */
  readonly idleMs: number
  /** The child ends itself when it holds more memory than this. */
  readonly memoryBytesMax: number
}

/** The exit code of a child that held too much memory. */
export const EXIT_MEMORY = 87

export const CHILD_SETTINGS: ChildSettings = {
  idleMs: 30_000,
  memoryBytesMax: 1_500_000_000,
}

export function childArguments(settings: ChildSettings): string[] {
  return [String(settings.idleMs), String(settings.memoryBytesMax)]
}

/** Reads what `childArguments` wrote; anything unreadable gets its default. */
export function readChildArguments(values: readonly string[]): ChildSettings {
  const [idleMs, memoryBytesMax] = values.map(Number)
  return {
    idleMs: idleMs !== undefined && idleMs > 0 ? idleMs : CHILD_SETTINGS.idleMs,
    memoryBytesMax:
      memoryBytesMax !== undefined && memoryBytesMax > 0 ? memoryBytesMax : CHILD_SETTINGS.memoryBytesMax,
  }
}
