import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { ChoiceField } from '../../components/choice-field.tsx'
import { useTimeText } from '../../components/time.tsx'
import { replication } from '../../text/replication.ts'

const words = replication.deeds

/** Which of the kept states; the newest unless told. Values are the ids of their points. */
export const StateField = ({
  states,
  value,
  onChange,
}: Pick<ReplicaDetail, 'states'> & {
  value: string | undefined
  onChange: (pointId: string | undefined) => void
}) => {
  const timeText = useTimeText()
  const newest = states[0]?.pointId
  if (newest === undefined) return null
  return (
    <ChoiceField
      label={words.state}
      value={value ?? newest}
      choices={states.map(({ pointId }) => pointId)}
      textOf={pointId => {
        const when = timeText(states.find(state => state.pointId === pointId)?.taken ?? 0)
        return pointId === newest ? words.newestState(when) : words.earlierState(when)
      }}
      // The newest is left to the gateway, which may know a newer one by then.
      onChange={pointId => onChange(pointId === newest ? undefined : pointId)}
    />
  )
}
