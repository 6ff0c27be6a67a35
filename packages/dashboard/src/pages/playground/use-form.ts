import type { InputRole, Model } from '@reelay/sdk'
import { useState } from 'react'
import { readDraft } from './draft.ts'
import { EMPTY_FORM, fitForm, formOf, type FormState } from './form-state.ts'

export type PlaygroundForm = {
  form: FormState
  change: (patch: Partial<FormState>) => void
  /** Keeps of the form what the model can be asked for. */
  choose: (model: Model) => void
  addFiles: (role: InputRole, files: readonly File[]) => void
  removeFile: (id: string) => void
}

/** Begins with what the page before has handed over, if anything. */
export function useForm(): PlaygroundForm {
  const [form, setForm] = useState((): FormState => {
    const draft = readDraft(history.state)
    return draft === null ? EMPTY_FORM : formOf(draft)
  })
  return {
    form,
    change: (patch) => setForm((before) => ({ ...before, ...patch })),
    choose: (model) => setForm((before) => fitForm(before, model)),
    addFiles: (role, files) => {
      const chosen = files.map((file) => ({ id: chosenId(), role, file }))
      setForm((before) => ({ ...before, files: [...before.files, ...chosen] }))
    },
    removeFile: (id) =>
      setForm((before) => ({ ...before, files: before.files.filter((file) => file.id !== id) })),
  }
}

// Not crypto.randomUUID: browsers offer it in secure contexts only.
const chosenId = (): string => crypto.getRandomValues(new Uint32Array(2)).join('-')
