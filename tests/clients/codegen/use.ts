// A typed operation: what does not fit the schema does not compile.
import type { PairingsQuery, PairingsQueryVariables } from './generated.js';

export const variables: PairingsQueryVariables = { code: '442000', day: '2020-01-01' };

export function figures(answer: PairingsQuery): string[] {
  const edges = answer.region?.pairings?.edges ?? [];
  return edges.flatMap(({ role, node }) =>
    (node.observations?.nodes ?? []).map(({ value, qualifier, indicator }) => {
      const figure: string = value ?? 'unknown';
      return `${role ?? ''} ${node.name}: ${indicator.name} ${qualifier ?? ''} ${figure} ${indicator.unit}`;
    }),
  );
}

// @ts-expect-error a value is a string, never a number: no figure is rounded on the way
export const wrong: number = ({} as PairingsQuery).region!.pairings!.edges[0]!.node.observations!.nodes[0]!.value;
