import Box from '@cloudscape-design/components/box'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Hooks } from '#core/contracts/hooks.ts'
import type { RunPrograms } from '#core/contracts/run-programs.ts'
import { ChoiceField } from '../../../components/choice-field.tsx'
import { NumberField } from '../../../components/number-field.tsx'
import { how as words } from '../../../text/policy-wizard/how.ts'
import type { StepProps } from './draft.ts'

/** Programs around each VM and around the whole run. */
export const Programs = ({ draft: { hooks, runHooks, together }, change, problem }: StepProps) => (
  <SpaceBetween size="l">
    <Around
      title={words.perRun}
      programs={runHooks}
      problem={path => problem(`runHooks.${path}`)}
      onChange={programs =>
        change({
          runHooks: programs && { ...(runHooks?.pool && { pool: runHooks.pool }), ...programs },
        })
      }
    />
    {runHooks && (
      <FormField
        label={words.pool}
        constraintText={words.poolHint}
        errorText={problem('runHooks.pool')}
      >
        <Input
          value={runHooks.pool ?? ''}
          onChange={({ detail }) =>
            change({ runHooks: { ...runHooks, pool: detail.value || undefined } })
          }
        />
      </FormField>
    )}
    {together && !hooks ? (
      <SpaceBetween size="xs">
        <Header variant="h3">{words.perVm}</Header>
        <Box color="text-body-secondary">{words.perVmNotTogether}</Box>
      </SpaceBetween>
    ) : (
      <Around
        title={words.perVm}
        programs={hooks}
        problem={path => problem(`hooks.${path}`)}
        onChange={programs => change({ hooks: programs })}
      />
    )}
  </SpaceBetween>
)

type Pair = Pick<RunPrograms, 'before' | 'after'> | Hooks

const TIMEOUT = 300

const Around = ({
  title,
  programs,
  onChange,
  problem,
}: {
  title: string
  programs: Pair | undefined
  /** Undefined where none is left. */
  onChange: (programs: Hooks | undefined) => void
  problem: (path: string) => string | undefined
}) => {
  const { before, after } = programs ?? {}
  const set = (pair: Pair) => onChange(pair.before || pair.after ? pair : undefined)
  return (
    <SpaceBetween size="s">
      <Header variant="h3">{title}</Header>
      <ColumnLayout columns={3}>
        <ProgramName
          label={words.before}
          value={before?.script}
          errorText={problem('before.script')}
          onChange={script =>
            set({
              after,
              before:
                script === ''
                  ? undefined
                  : { timeoutSeconds: TIMEOUT, ifFails: 'fail', ...before, script },
            })
          }
        />
        {before && (
          <NumberField
            label={words.timeout}
            value={before.timeoutSeconds}
            errorText={problem('before.timeoutSeconds')}
            onChange={(timeoutSeconds = Number.NaN) =>
              set({ after, before: { ...before, timeoutSeconds } })
            }
          />
        )}
        {before && (
          <ChoiceField
            label={words.ifFails}
            value={before.ifFails}
            choices={['fail', 'note']}
            textOf={value => words.ifFailsChoices[value]}
            onChange={ifFails => set({ after, before: { ...before, ifFails } })}
          />
        )}
      </ColumnLayout>
      <ColumnLayout columns={3}>
        <ProgramName
          label={words.after}
          value={after?.script}
          errorText={problem('after.script')}
          onChange={script =>
            set({
              before,
              after: script === '' ? undefined : { timeoutSeconds: TIMEOUT, ...after, script },
            })
          }
        />
        {after && (
          <NumberField
            label={words.timeout}
            value={after.timeoutSeconds}
            errorText={problem('after.timeoutSeconds')}
            onChange={(timeoutSeconds = Number.NaN) =>
              set({ before, after: { ...after, timeoutSeconds } })
            }
          />
        )}
      </ColumnLayout>
    </SpaceBetween>
  )
}

const ProgramName = ({
  label,
  value = '',
  errorText,
  onChange,
}: {
  label: string
  value: string | undefined
  errorText: string | undefined
  onChange: (script: string) => void
}) => (
  <FormField label={label} errorText={errorText}>
    <Input
      value={value}
      placeholder={words.noProgram}
      onChange={({ detail }) => onChange(detail.value.trim())}
    />
  </FormField>
)
