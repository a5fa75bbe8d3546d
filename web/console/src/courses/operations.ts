// What the screens about courses ask for.

import { graphql } from "../gql";

export const CourseById = graphql(`
  query CourseById($id: ID!) {
    course(id: $id) { ...CourseParts }
  }
`);

export const SaveCourse = graphql(`
  mutation SaveCourse($input: SaveCourseInput!) {
    saveCourse(input: $input) {
      __typename
      ... on SaveCourseSuccess { alreadyProcessed course { ...CourseParts } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);
