import type { ReactElement } from 'react'
import { CopyButton } from './copy-button.tsx'

/** A secret, or another text that is to be taken along whole. */
export function SecretText({ text, label }: { text: string; label: string }): ReactElement {
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-lg bg-raised p-2">
      <code className="min-w-0 flex-1 basis-48 font-mono text-xs break-all text-ink select-all">{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  )
}
