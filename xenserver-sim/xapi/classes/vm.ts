import type { Implementation } from '../implementation.ts'
import type { Messages } from '../records/index.ts'
import { vmClone } from './vm-clone.ts'
import { vmCreate } from './vm-create.ts'
import { vmDestroy } from './vm-destroy.ts'
import { vmPlacement } from './vm-placement.ts'
import { vmPower } from './vm-power.ts'
import { vmRevert } from './vm-revert.ts'
import { vmChecks, vmSettings } from './vm-settings.ts'
import { vmSnapshot } from './vm-snapshot.ts'

export const vm: Implementation<Messages['VM']> = {
  ...vmCreate,
  ...vmDestroy,
  ...vmSnapshot,
  ...vmRevert,
  ...vmClone,
  ...vmPower,
  ...vmPlacement,
  ...vmSettings,
  ...vmChecks,
}
