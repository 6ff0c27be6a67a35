import { ReelayError, type Model } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, type FormEvent, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { useModels } from '../../api/use-models.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { CodeCard } from '../../ui/code-card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { createParams } from './create-params.ts'
import { RequestFields } from './request-fields.tsx'
import { isReady, sampleOf } from './form-state.ts'
import { useForm } from './use-form.ts'
import { WatchCard } from './watch-card.tsx'

/** Asks for a video by hand: the form offers what the chosen model can make. */
export function PlaygroundPage(): ReactElement {
  const models = useModels()
  return (
    <>
      <PageTitle
        title="Playground"
        about="Ask for a video, and watch it come to be. The form offers what the chosen model can make."
      />
      {models.isPending ? <Loading what="the models" /> : null}
      {models.error === null ? null : (
        <ErrorNote error={models.error} onRetry={() => void models.refetch()} />
      )}
      {models.data?.length === 0 ? (
        <EmptyState icon="plug" title="No model can be reached">
          Set up a provider, or install the packages of the local preview: the settings are in
          docs/settings.md.
        </EmptyState>
      ) : null}
      {models.data === undefined || models.data.length === 0 ? null : <Playground models={models.data} />}
    </>
  )
}

function Playground({ models }: { models: readonly Model[] }): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const playground = useForm()
  const { form } = playground
  const model = modelOf(models, form.model)
  const choose = useEffectEvent((chosen: Model) => playground.choose(chosen))
  const { id: modelId } = model
  useEffect(() => {
    choose(model)
    // oxlint-disable-next-line react/exhaustive-deps -- the list is read again now and then, with the same model in it
  }, [modelId])
  const creating = useMutation({
    mutationFn: () => api.videos.create(createParams(form)),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.videos }),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isReady(form, model)) creating.mutate()
  }
  const refused = creating.error
  const param = refused instanceof ReelayError ? refused.param : null
  const refusalOf = (name: string): string | null =>
    refused !== null && param === name ? refused.message : null
  return (
    <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <Card>
        <form onSubmit={submit} className="flex flex-col gap-5" noValidate>
          <RequestFields models={models} model={model} playground={playground} refusalOf={refusalOf} />
          {refused === null ? null : <ErrorNote error={refused} />}
          <div className="flex items-center justify-end gap-3">
            <Button
              kind="primary"
              type="submit"
              icon="wand"
              disabled={creating.isPending || !isReady(form, model)}
            >
              {creating.isPending ? 'Sending…' : 'Create the video'}
            </Button>
          </div>
        </form>
      </Card>
      <div className="flex min-w-0 flex-col gap-5">
        {creating.data === undefined ? null : <WatchCard key={creating.data.id} id={creating.data.id} />}
        <CodeCard title="The same from code" request={sampleOf(form)} />
      </div>
    </div>
  )
}

/** A draft may name its model in other words: `local/preview` for `preview`. */
function modelOf(models: readonly Model[], name: string): Model {
  const found =
    models.find(({ id }) => id === name) ??
    models.find(({ id, owned_by: owner }) => `${owner}/${id}` === name)
  const [first] = models
  const model = found ?? first
  if (model === undefined) throw new Error('there is no model to choose')
  return model
}
