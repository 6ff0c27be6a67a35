import { useState, type ReactElement } from 'react'
import { curlSample, typescriptSample, type SampleRequest } from '../code-samples.ts'
import { Card } from './card.tsx'
import { classNames } from './class-names.ts'
import { CopyButton } from './copy-button.tsx'

const LANGUAGES = { curl: curlSample, TypeScript: typescriptSample } as const

type Language = keyof typeof LANGUAGES

const NAMES: readonly Language[] = ['curl', 'TypeScript']

const CODE_CLASS =
  'max-h-72 overflow-auto rounded-lg bg-raised p-3 font-mono text-xs break-words whitespace-pre-wrap'

/** A request as something to run elsewhere. */
export function CodeCard({ title, request }: { title: string; request: SampleRequest }): ReactElement {
  const [language, setLanguage] = useState<Language>('curl')
  const text = LANGUAGES[language](globalThis.location.origin, request)
  return (
    <Card
      title={title}
      actions={
        <fieldset aria-label="Language" className="flex gap-1">
          {NAMES.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={language === name}
              onClick={() => setLanguage(name)}
              className={classNames(
                'rounded-md px-2 py-1 text-xs font-medium',
                language === name ? 'bg-accent-soft text-accent' : 'text-muted hover:text-ink',
              )}
            >
              {name}
            </button>
          ))}
        </fieldset>
      }
    >
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it with the arrow keys */}
      <pre className={CODE_CLASS} tabIndex={0}>
        {text}
      </pre>
      <div className="mt-3 flex justify-end">
        <CopyButton text={text} label={`Copy as ${language}`} />
      </div>
    </Card>
  )
}
