import type { InputRole, Model } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { Field } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { FileDrop } from './file-drop.tsx'
import { inputCounts, ROLE_FIELDS } from './form-state.ts'
import { MoreFields } from './more-fields.tsx'
import { priceWords } from './price-words.ts'
import { ShapeFields } from './shape-fields.tsx'
import type { PlaygroundForm } from './use-form.ts'

type RequestFieldsProps = {
  models: readonly Model[]
  model: Model
  playground: PlaygroundForm
  refusalOf: (param: string) => string | null
}

const PROMPT_CHARACTERS_MAX = 20_000

/** Everything that the chosen model can be told. */
export function RequestFields({ models, model, playground, refusalOf }: RequestFieldsProps): ReactElement {
  const { form, change } = playground
  const { capabilities } = model
  const fields = { form, refusalOf, onChange: change }
  return (
    <>
      <Field label="Prompt" error={refusalOf('prompt')}>
        {(input) => (
          <textarea
            {...input}
            rows={4}
            required
            maxLength={PROMPT_CHARACTERS_MAX}
            placeholder="A boat crosses a quiet lake at sunset, seen from above"
            value={form.prompt}
            onChange={(event) => change({ prompt: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Model" hint={modelHint(model, form.seconds, form.resolution)} error={refusalOf('model')}>
        {(input) => (
          <Select
            {...input}
            value={model.id}
            choices={models.map(({ id, owned_by: owner }) => ({ value: id, label: `${id} (${owner})` }))}
            onChoose={(id) => {
              const chosen = models.find((candidate) => candidate.id === id)
              if (chosen !== undefined) playground.choose(chosen)
            }}
          />
        )}
      </Field>
      {capabilities === null ? (
        <p className="text-sm text-muted">
          Nobody has said what this model can make, so only the prompt can be given here. The API takes the
          other fields.
        </p>
      ) : (
        <>
          <ShapeFields {...fields} capabilities={capabilities} />
          <div className="grid gap-4 sm:grid-cols-2">
            {inputCounts(capabilities).map(({ role, countMax }) => (
              <div key={role} className={countMax > 1 ? 'sm:col-span-2' : ''}>
                <Files role={role} countMax={countMax} playground={playground} refusalOf={refusalOf} />
              </div>
            ))}
          </div>
          <MoreFields {...fields} capabilities={capabilities} />
        </>
      )}
    </>
  )
}

type FilesProps = Pick<RequestFieldsProps, 'playground' | 'refusalOf'> & { role: InputRole; countMax: number }

function Files({ role, countMax, playground, refusalOf }: FilesProps): ReactElement {
  return (
    <FileDrop
      role={role}
      countMax={countMax}
      files={playground.form.files.filter((file) => file.role === role)}
      error={refusalOf(ROLE_FIELDS[role])}
      onAdd={(files) => playground.addFiles(role, files)}
      onRemove={playground.removeFile}
    />
  )
}

function modelHint(
  { capabilities, owned_by: owner, price }: Model,
  seconds: string,
  resolution: string,
): string {
  const length = seconds === '' ? (capabilities?.seconds?.default ?? null) : Number(seconds)
  const cost = priceWords(price, { seconds: length, resolution })
  return cost === null ? `Made by ${owner}.` : `Made by ${owner}. ${cost}`
}
