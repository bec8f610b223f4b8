// A fragment, a refetchable connection, and a node query, as a web client writes them.
import { graphql } from 'relay-runtime';

export const Place = graphql`
  fragment place_name on Region {
    id
    name
    level
    parent {
      name
    }
  }
`;

export const Pairings = graphql`
  fragment place_pairings on City
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }, day: { type: "Date" })
  @refetchable(queryName: "placePairingsRefetchQuery") {
    pairings(first: $count, after: $cursor, asOf: $day) @connection(key: "place_pairings") {
      totalCount
      edges {
        role
        inForce
        node {
          id
          name
          helped {
            ...place_name @alias(as: "place")
          }
        }
      }
    }
  }
`;

export const Node = graphql`
  query placeNodeQuery($id: ID!) {
    node(id: $id) {
      ...place_name @alias(as: "place")
      ...place_pairings @alias(as: "pairings")
    }
  }
`;
