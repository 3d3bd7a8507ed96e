import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useTimeText } from '../../../components/time.tsx'
import { draft as words } from '../../../text/policy-wizard/draft.ts'
import { PolicyWizard } from './policy-wizard.tsx'
import { type KeptDraft, useKeptDraft } from './use-kept-draft.ts'

/**
 * The wizard, with what was typed into it and not saved; asks first whether to go on with that.
 * @param slot what tells this wizard from the others of the tab
 * @param of the policy to be changed, as it is now
 */
export const KeptWizard = ({
  slot,
  begin,
  of,
}: {
  slot: string
  begin: PolicyInput
  of?: PolicyView
}) => {
  const { found, keep, forget } = useKeptDraft(slot)
  const [choice, setChoice] = useState<'continue' | 'anew'>()
  if (found && choice === undefined)
    return (
      <Choice
        kept={found}
        onContinue={() => setChoice('continue')}
        onAnew={() => {
          forget()
          setChoice('anew')
        }}
      />
    )
  const kept = choice === 'continue' ? found : undefined
  return (
    <PolicyWizard
      begin={begin}
      typed={kept?.policy}
      of={kept?.of ?? of}
      onTyped={keep}
      onLeft={forget}
    />
  )
}

const Choice = ({
  kept: { policy, at },
  onContinue,
  onAnew,
}: {
  kept: KeptDraft
  onContinue: () => void
  onAnew: () => void
}) => {
  const timeText = useTimeText()
  return (
    <SpaceBetween size="m">
      <Header variant="h1">{words.title}</Header>
      <Alert
        type="info"
        header={words.what(policy.name.trim(), timeText(at))}
        action={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={onAnew}>{words.anew}</Button>
            <Button variant="primary" onClick={onContinue}>
              {words.goOn}
            </Button>
          </SpaceBetween>
        }
      >
        {words.where}
      </Alert>
    </SpaceBetween>
  )
}
