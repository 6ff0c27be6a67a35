import type { ReactElement } from 'react'

export function Logo(): ReactElement {
  return (
    <span className="flex items-center gap-2 text-base font-semibold tracking-tight">
      <svg aria-hidden="true" viewBox="0 0 32 32" className="size-7">
        <rect width="32" height="32" rx="8" fill="#0f766e" />
        <path
          d="M12 10.2v11.6c0 .9 1 1.5 1.8 1l9-5.8c.7-.5.7-1.5 0-2l-9-5.8c-.8-.5-1.8.1-1.8 1Z"
          fill="#fff"
        />
        <path d="M8 10v12" stroke="#fff" strokeWidth="2.2" strokeLinecap="round" opacity=".6" />
      </svg>
      <span className="max-sm:sr-only">Reelay</span>
    </span>
  )
}
