import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { ScriptName } from '#core/contracts/boot-check.ts'
import { bootChecks } from '../../text/boot-checks.ts'
import { NumberField } from '../number-field.tsx'

const words = bootChecks.start

/** How a machine that was started is looked at. */
export interface CheckWishes {
  timeoutSeconds: number | undefined
  script: string
  guestVerdict: boolean
}

const DAY = 86_400 // seconds

export const checkProblems = ({ timeoutSeconds = 0, script }: CheckWishes) => ({
  ...(!(Number.isInteger(timeoutSeconds) && timeoutSeconds >= 1 && timeoutSeconds <= DAY) && {
    timeout: words.timeoutWrong,
  }),
  ...(script !== '' && !ScriptName.safeParse(script).success && { script: words.scriptWrong }),
})

export const CheckFields = ({
  wishes,
  change,
  problems,
}: {
  wishes: CheckWishes
  change: (wishes: CheckWishes) => void
  problems: ReturnType<typeof checkProblems>
}) => (
  <SpaceBetween size="m">
    <NumberField
      label={words.timeout}
      errorText={problems.timeout}
      value={wishes.timeoutSeconds}
      onChange={timeoutSeconds => change({ ...wishes, timeoutSeconds })}
    />
    <FormField label={words.script} description={words.scriptHint} errorText={problems.script}>
      <Input
        value={wishes.script}
        onChange={({ detail }) => change({ ...wishes, script: detail.value.trim() })}
      />
    </FormField>
    <Checkbox
      checked={wishes.guestVerdict}
      description={words.guestVerdictHint}
      onChange={({ detail }) => change({ ...wishes, guestVerdict: detail.checked })}
    >
      {words.guestVerdict}
    </Checkbox>
  </SpaceBetween>
)
