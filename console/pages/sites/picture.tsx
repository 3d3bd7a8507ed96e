import type { SiteGraph } from '#core/contracts/site-graph.ts'
import { sitePage, sites } from '../../text/sites.ts'
import './picture.css'
import { type Node, topologyOf } from './topology.ts'

/** Of the drawing, in its own units. */
const [WIDTH, HEIGHT, GAP_X, GAP_Y, TOP] = [190, 46, 56, 14, 28] as const

const labelOf = ({ title, role, count }: Node): string => title ?? sitePage.manyOf(count, role)

/** What a run of a site does, drawn: a column for each stage, a box for each part, a line from what is waited for to what waits. */
export const Picture = ({ graph }: { graph: Pick<SiteGraph, 'tasks'> }) => {
  const { columns, edges } = topologyOf(graph)
  const places = new Map(
    columns.flatMap(({ nodes }, column) =>
      nodes.map(
        ({ id }, row) =>
          [id, { x: column * (WIDTH + GAP_X), y: TOP + row * (HEIGHT + GAP_Y) }] as const,
      ),
    ),
  )
  const rows = Math.max(1, ...columns.map(({ nodes }) => nodes.length))
  const [width, height] = [columns.length * (WIDTH + GAP_X) - GAP_X, TOP + rows * (HEIGHT + GAP_Y)]
  const told = columns.map(({ stage, nodes }) =>
    sitePage.pictureStage(sitePage.stages[stage], nodes.map(labelOf).join(', ')),
  )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls a wide picture by the arrow keys
    <div className="site-picture" tabIndex={0}>
      <svg
        role="img"
        aria-label={sitePage.pictureOf(told.join(' '))}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
      >
        {edges.map(({ from, to }) => {
          const [a, b] = [places.get(from), places.get(to)]
          return a && b && <Line key={`${from} ${to}`} a={a} b={b} />
        })}
        {columns.map(({ stage, nodes }, column) => (
          <g key={stage}>
            <text className="stage" x={column * (WIDTH + GAP_X)} y={14}>
              {sitePage.stages[stage]}
            </text>
            {nodes.map(node => (
              <Box key={node.id} node={node} {...places.get(node.id)} />
            ))}
          </g>
        ))}
      </svg>
    </div>
  )
}

interface Place {
  x: number
  y: number
}

/** Within a column along its left, between columns from side to side. */
const Line = ({ a, b }: { a: Place; b: Place }) => {
  const middle = HEIGHT / 2
  const isWithin = a.x === b.x
  const [x1, x2] = isWithin ? [a.x, b.x] : [a.x + WIDTH, b.x]
  const [y1, y2] = [a.y + middle, b.y + middle]
  const bend = isWithin ? -18 : (x2 - x1) / 2
  return (
    <path
      d={`M${x1},${y1} C${x1 + bend},${y1} ${isWithin ? x2 + bend : x2 - bend},${y2} ${x2},${y2}`}
    />
  )
}

const Box = ({ node, x = 0, y = 0 }: { node: Node } & Partial<Place>) => (
  <foreignObject x={x} y={y} width={WIDTH} height={HEIGHT}>
    <div className="part" title={labelOf(node)}>
      <span className="role">{sites.roles[node.role]}</span>
      <span className="name">{labelOf(node)}</span>
    </div>
  </foreignObject>
)
