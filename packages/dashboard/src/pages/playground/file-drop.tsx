import type { InputRole } from '@reelay/sdk'
import { useCallback, useState, type ReactElement } from 'react'
import { formatBytes } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import type { ChosenFile } from './form-state.ts'

const LABELS: Readonly<Record<InputRole, string>> = {
  reference: 'Reference images',
  first_frame: 'First frame',
  last_frame: 'Last frame',
  video: 'Video to start from',
}

type FileDropProps = {
  role: InputRole
  countMax: number
  files: readonly ChosenFile[]
  error: string | null
  onAdd: (files: readonly File[]) => void
  onRemove: (id: string) => void
}

/** Takes the files of one role: dropped, chosen, or pasted into the file dialog. */
export function FileDrop({ role, countMax, files, error, onAdd, onRemove }: FileDropProps): ReactElement {
  const [isOver, setOver] = useState(false)
  const kind = role === 'video' ? 'video' : 'image'
  const room = countMax - files.length
  const add = (list: FileList | null): void => {
    const fitting = [...(list ?? [])].filter(({ type }) => type.startsWith(`${kind}/`))
    if (fitting.length > 0) onAdd(fitting.slice(0, room))
  }
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium">{LABELS[role]}</span>
      {files.length === 0 ? null : (
        <ul aria-label={LABELS[role]} className="flex flex-wrap gap-2">
          {files.map((file) => (
            <Chosen key={file.id} chosen={file} onRemove={() => onRemove(file.id)} />
          ))}
        </ul>
      )}
      {room <= 0 ? null : (
        <div
          className={classNames(
            'relative flex items-center gap-3 rounded-lg border border-dashed px-3 py-3 text-sm text-muted focus-within:outline-2 focus-within:outline-accent',
            isOver ? 'border-accent bg-accent-soft' : 'border-strong/60 hover:bg-raised',
          )}
        >
          <Icon name="image" />
          <span>
            Drop {countMax === 1 ? `one ${kind}` : `up to ${room} ${kind}s`} here, or{' '}
            <span className="font-medium text-accent">choose</span>
          </span>
          {/* Over all of it: browsers let files be dropped on their own input. */}
          <input
            type="file"
            aria-label={LABELS[role]}
            accept={`${kind}/*`}
            multiple={room > 1}
            className="absolute inset-0 size-full cursor-pointer opacity-0"
            onDragEnter={() => setOver(true)}
            onDragLeave={() => setOver(false)}
            onDrop={() => setOver(false)}
            onChange={(event) => {
              add(event.currentTarget.files)
              // The same file may be chosen again after it was removed.
              event.currentTarget.value = ''
            }}
          />
        </div>
      )}
      {error === null ? null : <p className="text-sm text-bad">{error}</p>}
    </div>
  )
}

function Chosen({ chosen, onRemove }: { chosen: ChosenFile; onRemove: () => void }): ReactElement {
  const { file, role } = chosen
  const className = 'size-16 rounded-md bg-black object-cover'
  // The address holds the file in memory until it is given back.
  const show = useCallback(
    (element: HTMLImageElement | HTMLVideoElement | null) => {
      if (element === null) return undefined
      const url = URL.createObjectURL(file)
      element.src = url
      return () => URL.revokeObjectURL(url)
    },
    [file],
  )
  return (
    <li className="flex items-center gap-3 rounded-lg border border-line p-2 pr-1">
      {role === 'video' ? (
        <video ref={show} muted className={className} />
      ) : (
        <img ref={show} alt="" className={className} />
      )}
      <span className="max-w-40 min-w-0 text-xs">
        <span className="block truncate">{file.name}</span>
        <span className="text-muted">{formatBytes(file.size)}</span>
      </span>
      <Button
        kind="quiet"
        icon="close"
        className="px-2"
        aria-label={`Remove ${file.name}`}
        onClick={onRemove}
      />
    </li>
  )
}
