// What the screens about courses ask for.

import { graphql } from "../gql";

export const WholeCourse = graphql(`
  fragment WholeCourse on Course {
    ...CourseParts
    description
  }
`);

export const CourseById = graphql(`
  query CourseById($id: ID!) {
    course(id: $id) { ...WholeCourse }
  }
`);

export const SaveCourse = graphql(`
  mutation SaveCourse($input: SaveCourseInput!) {
    saveCourse(input: $input) {
      __typename
      ... on SaveCourseSuccess { alreadyProcessed course { ...WholeCourse } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);
