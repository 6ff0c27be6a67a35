import { storeAccessContract } from './store-access-contract.ts'
import { storeAdoptContract } from './store-adopt-contract.ts'
import { storeClaimContract } from './store-claim-contract.ts'
import { storeCommitContract } from './store-commit-contract.ts'
import { storeInsertContract } from './store-insert-contract.ts'
import { storeLiveContract } from './store-live-contract.ts'
import { storeReadContract } from './store-read-contract.ts'
import type { OpenStore } from './store-subject.ts'
import { storeWebhookContract } from './store-webhook-contract.ts'

/** What every `Store` must do, whatever is below it. `open` gives a new, empty one each time. */
export function storeContract(open: OpenStore): void {
  storeInsertContract(open)
  storeAdoptContract(open)
  storeReadContract(open)
  storeLiveContract(open)
  storeClaimContract(open)
  storeCommitContract(open)
  storeAccessContract(open)
  storeWebhookContract(open)
}
