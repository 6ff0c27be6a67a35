import type { Model } from '@reelay/sdk'
import type { ReactElement, ReactNode } from 'react'
import type { ProviderAccount } from '../../api/provider-accounts.ts'
import type { ProviderFigures } from '../../api/provider-figures.ts'
import { formatDateTime, formatSpan } from '../../format.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { DetailsList, type Detail } from '../../ui/details-list.tsx'
import { SecretText } from '../../ui/secret-text.tsx'
import { UsageBar } from '../../ui/usage-bar.tsx'
import { accountState, isPaused } from './account-state.ts'
import { ModelList } from './model-list.tsx'

type AccountCardProps = {
  account: ProviderAccount
  /** Null: this process has counted nothing of it, or counts nothing at all. */
  figures: ProviderFigures | null
  models: readonly Model[]
  /** Whether providers can reach this gateway. */
  isReachable: boolean
  nowMs: number
}

/** One account of a provider: whether it works, how busy it is, and what it is told. */
export function AccountCard(props: AccountCardProps): ReactElement {
  const { account, models, nowMs } = props
  const state = accountState(account, nowMs)
  return (
    <Card
      title={account.account}
      actions={<Badge tone={state.tone}>{state.label}</Badge>}
      className="min-w-0"
    >
      <div className="flex flex-col gap-4">
        <Trouble account={account} nowMs={nowMs} />
        <UsageBar label="Jobs under way" used={account.inFlight} limit={account.inFlightMax} />
        <DetailsList details={detailsOf(props)} />
        {account.callbackUrl === null ? null : (
          <div>
            <p className="mb-1.5 text-sm text-muted">
              To be registered at the provider, for callbacks of all jobs. Whoever knows it can make the
              gateway look, and nothing more.
            </p>
            <SecretText text={account.callbackUrl} label="Copy" />
          </div>
        )}
        {models.length === 0 ? null : <ModelList models={models} />}
      </div>
    </Card>
  )
}

function Trouble({ account, nowMs }: { account: ProviderAccount; nowMs: number }): ReactElement | null {
  const lines: ReactNode[] = []
  if (!account.configured) {
    lines.push(
      'Tasks wait for this account, and it is not set up any more. Set it up again under the same name, or they end at their deadline.',
    )
  }
  if (account.pausedUntil !== null && isPaused(account, nowMs)) {
    const why = account.pauseReason === null ? '' : `: ${account.pauseReason}`
    lines.push(`Rests until ${formatDateTime(account.pausedUntil)}${why}. Its tasks wait, and none is lost.`)
  }
  if (account.check?.ok === false) lines.push(`The check failed: ${account.check.detail}`)
  if (lines.length === 0) return null
  return (
    <ul className="flex flex-col gap-1 rounded-lg bg-waiting-soft px-3 py-2 text-sm text-ink">
      {lines.map((line, place) => (
        // oxlint-disable-next-line react/no-array-index-key -- the lines have no other name, and keep their order
        <li key={place} className="break-words">
          {line}
        </li>
      ))}
    </ul>
  )
}

function detailsOf({ account, figures, isReachable }: AccountCardProps): Detail[] {
  const details: [string, string | null][] = [
    ['Provider', account.provider === account.account ? null : account.provider],
    ['Check', account.check?.ok === true ? account.check.detail || 'passed' : null],
    ['Calls back', callsBack(account, isReachable)],
    ['Looks', figures === null || figures.polls === 0 ? null : String(figures.polls)],
    ['Ends noticed', figures === null ? null : noticed(figures)],
  ]
  return details.flatMap(([label, value]): Detail[] => (value === null ? [] : [{ label, value }]))
}

function callsBack(account: ProviderAccount, isReachable: boolean): string {
  if (account.callbacks) return 'yes, for each job'
  if (account.callbackUrl !== null) return 'once its address is registered'
  return isReachable ? 'no: its jobs are looked at' : 'no'
}

const noticed = ({ detectionSeconds, isBound }: ProviderFigures): string | null =>
  detectionSeconds === null ? null : `${isBound ? 'within ' : ''}${formatSpan(detectionSeconds)} on average`
