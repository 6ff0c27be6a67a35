import type { ReceiverError } from './receiver-error.ts'

/** Hands problems to the application; without a listener they become warnings, so that none is silent. */
export function reportTo(
  onError: ((error: ReceiverError) => void) | undefined,
): (error: ReceiverError) => void {
  return (error) => {
    try {
      if (onError === undefined) warn(error)
      else onError(error)
    } catch {
      // A reporter that fails must not stop the work.
    }
  }
}

// Node, Bun and Deno have the first; workers have the second, or neither.
function warn(error: ReceiverError): void {
  if (typeof globalThis.process?.emitWarning === 'function') {
    globalThis.process.emitWarning(error)
    return
  }
  const reportError: unknown = Reflect.get(globalThis, 'reportError')
  if (typeof reportError === 'function') reportError(error)
}
