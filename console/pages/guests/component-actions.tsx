import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import { useLocation } from 'wouter'
import { useMay } from '../../api/may.ts'
import { guestPage as words } from '../../text/guests.ts'
import { type Component, componentName } from './component.ts'

export type ComponentDeed = 'back-up' | 'drill' | 'tell-drill'

/** What can be done with a component of a guest. */
export const ComponentActions = ({
  guestUuid,
  component,
  ask,
}: {
  guestUuid: string
  component: Component
  ask: (deed: ComponentDeed, component: Component) => void
}) => {
  const [, go] = useLocation()
  const may = useMay()
  const { lastPoint, label } = component
  const tested = label === 'tested' && { disabled: true, disabledReason: words.noDrill }
  return (
    <ButtonDropdown
      variant="inline-icon"
      ariaLabel={words.actionsFor(componentName(component))}
      expandToViewport
      items={[
        { id: 'back-up', text: words.backUp, ...may('startRun') },
        {
          ...{ id: 'restore', text: words.restoreNewest },
          ...(!lastPoint && { disabled: true, disabledReason: words.noPoint }),
          ...may('startRun'),
        },
        { id: 'drill', text: words.showDrill, ...tested },
        { id: 'tell-drill', text: words.tellDrill, ...tested, ...may('tellDrill') },
      ]}
      onItemClick={({ detail: { id } }) => {
        if (id === 'restore') go(`/guests/${guestUuid}/restore/${lastPoint?.pointId}`)
        else ask(id as ComponentDeed, component)
      }}
    />
  )
}
