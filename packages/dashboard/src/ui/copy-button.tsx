import { useEffect, useState, type ReactElement } from 'react'
import { Button, type ButtonKind } from './button.tsx'

type CopyButtonProps = { text: string; label: string; kind?: ButtonKind }

const SAID_MS = 2_000

/** Puts text on the clipboard, and says so. */
export function CopyButton({ text, label, kind = 'plain' }: CopyButtonProps): ReactElement {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null)
  useEffect(() => {
    if (outcome === null) return undefined
    const timer = setTimeout(() => setOutcome(null), SAID_MS)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setOutcome('copied')
    } catch {
      // Browsers have no clipboard for pages that came over plain HTTP from another machine.
      setOutcome('refused')
    }
  }
  const said = outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'Select and copy it by hand' : label
  return (
    <Button kind={kind} icon={outcome === 'copied' ? 'check' : 'copy'} onClick={() => void copy()}>
      <span aria-live="polite">{said}</span>
    </Button>
  )
}
