import { Role } from '#core/contracts/routes/route.ts'
import type { RunView } from '#core/contracts/runs-api.ts'
import { useCaller } from '../../api/context.tsx'
import { runPage as words } from '../../text/runs.ts'
import { shell } from '../../text/shell.ts'

const rank = (of: Role): number => Role.options.indexOf(of)

/** Whether the person may approve a run, which says itself what that takes. The API checks it again. */
export const useMayApprove = () => {
  const { name, role } = useCaller()
  return ({ approval }: RunView): { disabled?: true; disabledReason?: string } => {
    if (!approval) return {}
    if (rank(role) < rank(approval.needs))
      return { disabled: true, disabledReason: shell.mayNot(approval.needs) }
    if (approval.otherPerson && approval.askedBy === name)
      return { disabled: true, disabledReason: words.notYourself }
    return {}
  }
}
