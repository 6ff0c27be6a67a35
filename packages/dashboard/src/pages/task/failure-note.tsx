import type { Video } from '@reelay/sdk'
import type { ReactElement } from 'react'
import reference from '../../../../../docs/errors.md?raw'
import { Icon } from '../../ui/icon.tsx'
import { taskErrorAdvice } from './task-error-advice.ts'

const WHOSE = {
  provider_error: 'The provider says so.',
  gateway_error: 'The gateway could get no verdict about the video.',
  invalid_request_error: 'This follows from a request.',
} as const

/** Why there is no video, and what to do about it. */
export function FailureNote({ error }: { error: NonNullable<Video['error']> }): ReactElement {
  const advice = taskErrorAdvice(reference, error.code)
  return (
    <section
      aria-labelledby="failure"
      className="mb-5 flex gap-3 rounded-xl border border-bad/40 bg-bad-soft p-4 text-sm"
    >
      <Icon name="alert" className="mt-0.5 size-5 text-bad" />
      <div className="min-w-0">
        <h2 id="failure" className="font-semibold break-words">
          {error.message}
        </h2>
        {advice === undefined ? null : <p className="mt-1 break-words">{advice}</p>}
        <p className="mt-2 text-xs">
          <code className="font-mono">{error.code}</code> · {WHOSE[error.type]}
        </p>
      </div>
    </section>
  )
}
