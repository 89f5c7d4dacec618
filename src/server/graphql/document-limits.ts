import {
  type ASTVisitor,
  GraphQLError,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  parse,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { OperationTooLarge } from './errors.js';
import { IntrospectionCost } from './introspection-cost.js';

/** Fields that are given arguments, in a whole document. GraphQL joins equal ones, but looks at the arguments of each. */
const MOST_FIELDS_WITH_ARGUMENTS = 30;
/** An answer repeats an alias for each row. */
const LONGEST_ALIAS = 100;
/** Each is a search of its own, and may be through everything. */
const MOST_LISTS = 3;
/** Of what the longest question costs that tools ask a schema. */
const INTROSPECTION_FACTOR = 1.5;

/** Bounds how often values are given, whether the fields that they are given to have aliases or are the same again and again. */
export function boundArguments(context: ValidationContext): ASTVisitor {
  let fields = 0;
  return {
    Field(node) {
      if (!node.arguments?.length) return;
      fields += 1;
      if (fields !== MOST_FIELDS_WITH_ARGUMENTS + 1) return;
      const message = `At most ${MOST_FIELDS_WITH_ARGUMENTS} fields of a document may have arguments, the same one again included.`;
      context.reportError(tooLarge(message));
    },
  };
}

/** Bounds the aliases that an answer repeats. */
export function boundAliases(context: ValidationContext): ASTVisitor {
  let isReported = false;
  return {
    Field({ alias }) {
      if (isReported || (alias?.value.length ?? 0) <= LONGEST_ALIAS) return;
      isReported = true;
      context.reportError(tooLarge(`An alias has ${LONGEST_ALIAS} characters at most.`));
    },
  };
}

/** Bounds how many lists with pages a document asks for, under whatever names. */
export function boundLists(context: ValidationContext): ASTVisitor {
  let lists = 0;
  return {
    Field() {
      const type = context.getType();
      if (!type || !getNamedType(type).name.endsWith('Connection')) return;
      lists += 1;
      if (lists === MOST_LISTS + 1) context.reportError(tooLarge(`A document asks for ${MOST_LISTS} lists with pages at most.`));
    },
  };
}

/** Bounds what a question about the schema costs, by how many fields the answer would have. What tools ask fits in. */
export function boundIntrospection(schema: GraphQLSchema): ValidationRule {
  const cost = new IntrospectionCost(schema);
  const usual = getIntrospectionQuery({
    schemaDescription: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    inputValueDeprecation: true,
    oneOf: true,
  });
  const most = cost.of(parse(usual), Number.POSITIVE_INFINITY) * INTROSPECTION_FACTOR;
  return (context) => ({
    Document(node) {
      if (cost.of(node, most) <= most) return;
      context.reportError(tooLarge('The document asks for too much of the schema at once: ask in several requests.'));
    },
  });
}

function tooLarge(message: string): GraphQLError {
  return new GraphQLError(message, { originalError: new OperationTooLarge(message) });
}
