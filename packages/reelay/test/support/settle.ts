/** Turns of the event loop in which everything that does not wait for the clock gets done, once the disk has answered. */
const QUIET_TURNS = 25
const TURNS_MAX = 20_000_000

/**
 * Whether a file is being read, written or closed: it answers in its own time, however many turns the event loop makes. A
 * `FileHandle` that is closed has a name of its own among what Node waits for.
 */
export const isDiskBusy = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq') || name === 'CloseReq')

/**
 * Lets everything run that does not wait for the clock. A busy disk is waited for, however long it takes: if the clock went
 * on meanwhile, how much virtual time an archive takes would depend on the machine.
 */
export async function settle(): Promise<void> {
  let quiet = 0
  for (let turns = 0; quiet < QUIET_TURNS; turns += 1) {
    if (turns === TURNS_MAX) throw new Error('the disk never answered')
    await new Promise((resolve) => setImmediate(resolve))
    quiet = isDiskBusy() ? 0 : quiet + 1
  }
}
