import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { policyChanges } from '#core/contracts/policy-changes.ts'
import { conflict as words } from '../../../text/policy-wizard/conflict.ts'
import { inputOf } from '../policy-input.ts'
import { rebased } from './rebase.ts'

/** Somebody else saved the policy meanwhile: what changed, and the ways on. What was typed is never thrown away. */
export const ConflictAlert = ({
  before,
  mine,
  theirs,
  onTakeOver,
  onKeepMine,
}: {
  /** As both found it. */
  before: PolicyInput
  mine: PolicyInput
  theirs: PolicyView
  onTakeOver: (policy: PolicyInput) => void
  onKeepMine: () => void
}) => {
  const saved = inputOf(theirs.policy)
  const { policy, bothChanged } = rebased(before, { mine, theirs: saved })
  return (
    <Alert
      type="warning"
      header={words.title(theirs.changedBy)}
      action={
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={onKeepMine}>{words.keepMine}</Button>
          <Button variant="primary" onClick={() => onTakeOver(policy)}>
            {words.merge}
          </Button>
        </SpaceBetween>
      }
    >
      <Box variant="strong">{words.theirs}</Box>
      <Changes lines={policyChanges(before, saved)} />
      <Box variant="strong">{words.mine}</Box>
      <Changes lines={policyChanges(before, mine)} />
      {bothChanged.length > 0 && words.both(bothChanged)}
    </Alert>
  )
}

const Changes = ({ lines }: { lines: readonly string[] }) => (
  <ul>
    {lines.map(line => (
      <li key={line}>{line}</li>
    ))}
  </ul>
)
