import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useCall, useDeed } from '../../api/use-call.ts'
import { bootChecks } from '../../text/boot-checks.ts'
import { ChoiceField } from '../choice-field.tsx'
import { FormModal } from '../form-modal.tsx'
import { useNotices } from '../notices.tsx'
import { SrChoice } from '../sr-choice.tsx'
import { CheckFields, type CheckWishes, checkProblems } from './check-fields.tsx'

const words = bootChecks.start
const NAMED = 5
const OWN = 'own'

/**
 * Asks where and how, and starts one run for all of them.
 * @param points left out: the newest point of every VM that has one
 */
export const StartBootCheck = ({
  points,
  onClose,
  onStarted = () => undefined,
}: {
  points?: readonly { pointId: string; vmName: string }[]
  onClose: () => void
  onStarted?: () => void
}) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const { data } = useCall('listPools', { query: { limit: 1_000 } }, { every: false })
  const pools = data?.items ?? []
  const [pool, choosePool] = useState(OWN)
  const [srUuid, chooseSr] = useState<string>()
  const [wishes, wish] = useState<CheckWishes>({
    ...{ timeoutSeconds: 900, script: '', guestVerdict: false },
  })
  const start = useDeed('startRun', {
    onDone: ({ runId }) => {
      tell({
        type: 'success',
        content: words.done,
        action: <Button onClick={() => go(`/runs/${runId}`)}>{words.watch}</Button>,
      })
      onStarted()
      onClose()
    },
  })
  const problems = checkProblems(wishes)
  const { timeoutSeconds = 900, script, guestVerdict } = wishes
  const names = (points ?? []).slice(0, NAMED).map(({ vmName }) => vmName)
  const submit = () =>
    start.mutate({
      body: {
        kind: 'boot-check',
        pointIds: (points ?? []).map(({ pointId }) => pointId),
        allLatest: points === undefined,
        ...{ timeoutSeconds, guestVerdict },
        ...(pool !== OWN && { poolUuid: pool }),
        ...(srUuid !== undefined && { srUuid }),
        ...(script !== '' && { script }),
      },
    })
  return (
    <FormModal
      title={points ? words.title(points.length, names[0] ?? '') : words.titleAll}
      action={words.action}
      ready={Object.keys(problems).length === 0}
      busy={start.isPending}
      error={start.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <Box>{words.what}</Box>
      {points && points.length > 1 && (
        <Box>
          {names.join(', ')}
          {points.length > NAMED && ` ${words.more(points.length - NAMED)}`}
        </Box>
      )}
      <ChoiceField
        label={words.pool}
        value={pool}
        choices={[OWN, ...pools.map(({ uuid }) => uuid)]}
        textOf={uuid =>
          pools.find(one => one.uuid === uuid)?.name || (uuid === OWN ? words.ownPool : uuid)
        }
        onChange={uuid => {
          choosePool(uuid)
          chooseSr(undefined)
        }}
      />
      <SrChoice
        label={words.sr}
        {...(pool === OWN && { hint: words.srNeedsPool })}
        none={words.ownSr}
        pool={pools.find(({ uuid }) => uuid === pool)}
        value={srUuid}
        onChange={chooseSr}
      />
      <CheckFields wishes={wishes} change={wish} problems={problems} />
    </FormModal>
  )
}
